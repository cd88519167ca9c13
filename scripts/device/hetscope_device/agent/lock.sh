# Who holds the device: one run at a time, as long as its lease is renewed or its process lives.

# Is the process of this attempt there? A pid is only believed in the boot that it comes from, and by its command line.
alive() {
  first_word "$root/runs/$1/attempt-$2/boot" && [ "$word" = "$this_boot" ] || return 1
  first_word "$root/runs/$1/attempt-$2/pid" || return 1
  body_pid=$word
  kill -0 "$body_pid" 2>/dev/null || return 1
  grep -q -- "$1" "/proc/$body_pid/cmdline" 2>/dev/null
}

active() {
  for attempt_path in "$root/runs/$1"/attempt-*; do
    if [ -d "$attempt_path" ] && alive "$1" "${attempt_path##*-}"; then return 0; fi
  done
  return 1
}

# Ends what earlier attempts of a run have left: a program whose shell was killed would go on writing records. What runs
# from the cache is the driver's.
reap() {
  for attempt_path in "$root/runs/$1"/attempt-*; do
    first_word "$attempt_path/boot" && [ "$word" = "$this_boot" ] || continue
    first_word "$attempt_path/child" || continue
    child=$word
    grep -q -- "$root/cache/" "/proc/$child/cmdline" 2>/dev/null || continue
    if first_word "$attempt_path/pid"; then kill -9 -- "-$word" 2>/dev/null; fi
    kill -9 "$child" 2>/dev/null
    for i in 1 2 3 4 5 6 7 8 9 10; do
      if kill -0 "$child" 2>/dev/null; then sleep 0.1 2>/dev/null || sleep 1; fi
    done
  done
}

renew() {
  look_at_clock
  # A full device keeps the old lease.
  printf '%s %s %s\n' "$this_boot" "$now_s" "$2" >"$root/incoming.$1.lease" && mv "$root/incoming.$1.lease" "$root/lease.$1"
}

# The lock is a symbolic link whose target is the holder's token: made whole or not at all.
try_lock() { ln -s "$1" "$root/lock" 2>/dev/null && [ "$(readlink "$root/lock")" = "$1" ]; }

is_stale() {
  if active "$1"; then return 1; fi
  [ -f "$root/lease.$1" ] || return 0
  read -r lease_boot lease_start lease_s <"$root/lease.$1"
  [ "$lease_boot" = "$this_boot" ] || return 0
  look_at_clock
  lease_age=$((now_s - lease_start))
  [ "$lease_age" -gt "$lease_s" ] || [ "$lease_age" -lt 0 ]
}

reap_others() {
  for run_path in "$root"/runs/*; do
    if [ "${run_path##*/}" != "$1" ] && [ -d "$run_path" ]; then reap "${run_path##*/}"; fi
  done
}

lock() {
  mkdir -p "$root/cache" "$root/runs" || return 1
  renew "$1" "$2"
  # A run whose host has gone holds the device, too.
  for run_path in "$root"/runs/*; do
    if [ "${run_path##*/}" != "$1" ] && [ -d "$run_path" ] && active "${run_path##*/}"; then
      rm -f "$root/lease.$1"
      echo "locked=no"
      echo "holder=${run_path##*/}"
      return 1
    fi
  done
  if try_lock "$1"; then reap_others "$1"; echo "locked=yes"; return 0; fi
  holder=$(readlink "$root/lock")
  if [ "$holder" = "$1" ]; then echo "locked=yes"; return 0; fi
  if [ -n "$holder" ] && is_stale "$holder"; then
    # Whoever takes the stale link away and finds that it is the one looked at may try; a fresh one is put back.
    mv "$root/lock" "$root/stale.$1" 2>/dev/null
    if [ "$(readlink "$root/stale.$1")" = "$holder" ]; then
      rm -f "$root/stale.$1" "$root/lease.$holder"
      if try_lock "$1"; then reap_others "$1"; echo "locked=yes"; echo "broke=$holder"; return 0; fi
    else
      mv "$root/stale.$1" "$root/lock" 2>/dev/null
    fi
  fi
  rm -f "$root/lease.$1"
  echo "locked=no"
  echo "holder=$(readlink "$root/lock")"
  return 1
}

unlock() {
  case $2 in
    forget) forget "$1" ;;
    keep) touch "$root/runs/$1/at_home" ;;
  esac
  if [ "$(readlink "$root/lock")" = "$1" ]; then rm -f "$root/lock"; fi
  rm -f "$root/lease.$1"
}
