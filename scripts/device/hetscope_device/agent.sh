# The device's half of the driver: sh agent.sh ROOT COMMAND [ARGUMENT...]. Plain POSIX shell, for mksh and toybox on a
# phone as for a board's dash. Every command may be repeated after a lost link: none does a thing twice. Runs, tokens
# and file names are made by the host from letters, digits, '.', '_' and '-'.
umask 077
root=$1
command=$2
shift 2

# mksh has an alias of the name nohup, whether there is such a program or not.
have() {
  case $(command -v "$1" 2>/dev/null) in '' | alias*) return 1 ;; esac
}

sha256() {
  if have sha256sum; then sha256sum "$@"
  elif have toybox; then toybox sha256sum "$@"
  elif have busybox; then busybox sha256sum "$@"
  elif have openssl; then openssl dgst -sha256 -r "$@"
  else return 127
  fi
}

hash_of() {
  hash_line=$(sha256 "$1" 2>/dev/null) || return 1
  hash_line=${hash_line%% *}
  printf '%s' "${hash_line#\\}"
}

# Few processes are started on the way, because a measurement may be running beside.
this_boot=
{ read -r this_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
[ -n "$this_boot" ] || this_boot=$(sed -n 's/^btime //p' /proc/stat 2>/dev/null)
[ -n "$this_boot" ] || this_boot=unknown

first_word() {
  word=
  { read -r word rest <"$1"; } 2>/dev/null
  [ -n "$word" ]
}

# Sets now_s: seconds that only grow while the device is up; where /proc/uptime is hidden, the clock on the wall.
look_at_clock() {
  if first_word /proc/uptime; then now_s=${word%%.*}; else now_s=$(date +%s); fi
}

bytes_of() { if [ -f "$1" ]; then echo $(($(wc -c <"$1"))); else echo 0; fi; }

free_kib() {
  df -Pk "$root" 2>/dev/null | while read -r system blocks used free rest; do
    case $free in '' | *[!0-9]*) ;; *) echo "$free" ;; esac
  done
}

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

# Names that the driver makes: only these are its own to remove, because the directory may hold other people's files.
is_hex() { case $1 in *[!0-9a-f]*) return 1 ;; esac; [ "${#1}" = "$2" ]; }
is_run() { case $1 in hs-*) is_hex "${1#hs-}" 32 ;; *) return 1 ;; esac; }
is_passing() {
  case $1 in incoming.hs-* | incoming.shell-check | incoming.[0-9]*-agent-*.sh | stale.hs-*) ;; *) return 1 ;; esac
}

# A run is at home when its host has said so: what is not may be the only copy, and its program is needed to go on.
unfinished() { [ -f "$1/launch.sh" ] && [ ! -e "$1/at_home" ]; }

needed() {
  for run_path in "$root"/runs/*; do
    if unfinished "$run_path" && grep -q -- "$1" "$run_path/launch.sh"; then return 0; fi
  done
  return 1
}

forget() { rm -rf "$root/runs/$1" "$root/incoming.$1"; }

unlock() {
  case $2 in
    forget) forget "$1" ;;
    keep) touch "$root/runs/$1/at_home" ;;
  esac
  if [ "$(readlink "$root/lock")" = "$1" ]; then rm -f "$root/lock"; fi
  rm -f "$root/lease.$1"
}

# Files known by content: what is there and right is named, what is damaged goes.
cached() {
  for sha in "$@"; do
    if [ -f "$root/cache/$sha" ]; then
      if [ "$(hash_of "$root/cache/$sha")" = "$sha" ]; then echo "cached=$sha"; else rm -f "$root/cache/$sha"; fi
    fi
  done
  return 0
}

accept() {
  mkdir -p "$root/cache" || return 1
  if [ "$(hash_of "$root/incoming.$1")" = "$2" ]; then
    chmod 700 "$root/incoming.$1" && mv "$root/incoming.$1" "$root/cache/$2" && echo "accepted=$2"
  else
    rm -f "$root/incoming.$1"
    echo "accepted=no"
  fi
}

# A run's own script leaves the cache: no other run will want it.
install() {
  mkdir -p "$root/runs/$1" || return 1
  if [ -f "$root/cache/$2" ]; then mv "$root/cache/$2" "$root/runs/$1/$3" || return 1; fi
  if [ "$(hash_of "$root/runs/$1/$3")" = "$2" ]; then echo "installed=$3"; fi
}

# The same for a short script that comes in the call itself.
write() {
  mkdir -p "$root/runs/$1" || return 1
  printf '%s' "$4" >"$root/runs/$1/$3.new" || return 1
  [ "$(hash_of "$root/runs/$1/$3.new")" = "$2" ] || return 1
  mv "$root/runs/$1/$3.new" "$root/runs/$1/$3" && echo "installed=$3"
}

# Called by a run's stage.sh, whose words the host has quoted.
place() {
  target=in/$2
  mkdir -p "$root/runs/$run/${target%/*}" || return 1
  cp "$root/cache/$1" "$root/runs/$run/in/$2"
}

# The lock is asked for again: since the last look at it somebody else may have taken the device.
start() {
  lock "$1" "$4" || return 1
  attempt=$root/runs/$1/attempt-$2
  if [ ! -d "$attempt" ]; then reap "$1"; fi
  if ! mkdir "$attempt" 2>/dev/null; then
    if [ -d "$attempt" ]; then echo "started=before"; return 0; fi
    return 1
  fi
  echo "$this_boot" >"$attempt/boot"
  # Room for the last words of a run that fills the device.
  head -c 8192 /dev/zero >"$attempt/reserve"
  if have setsid; then
    setsid sh "$0" "$root" body "$@" </dev/null >/dev/null 2>&1 &
    echo "detached=setsid"
  elif have nohup; then
    nohup sh "$0" "$root" body "$@" </dev/null >/dev/null 2>&1 &
    echo "detached=nohup"
  else
    (trap '' HUP; exec sh "$0" "$root" body "$@" </dev/null >/dev/null 2>&1) &
    echo "detached=trap"
  fi
}

# The detached process: runs the command and, as its last act, writes what the host believes.
body() {
  trap '' HUP
  run=$1
  number=$2
  mode=$3
  attempt=$root/runs/$run/attempt-$number
  cd "$root/runs/$run" || exit 1
  printf '%s\n' $$ >"$attempt/pid.new" && mv "$attempt/pid.new" "$attempt/pid"
  . ./launch.sh
  # A run that did not come as far as its run.json has nothing to go on with.
  if [ "$mode" = resume ] && [ ! -s out/run.json ]; then rm -rf out; mode=fresh; fi
  if [ "$mode" = resume ]; then set -- --resume; else set --; fi
  launch "$@" </dev/null >"$attempt/stdout" 2>"$attempt/stderr" &
  child=$!
  printf '%s\n' "$child" >"$attempt/child"
  wait "$child"
  status=$?
  last_words=$(
    echo "run=$run"
    echo "attempt=$number"
    echo "status=$status"
    echo "boot=$this_boot"
    manifest
    echo "hetscope_done"
  )
  rm -f "$attempt/reserve"
  printf '%s\n' "$last_words" >"$attempt/done.new"
  settle out/* "$attempt/done.new"
  if [ "$(cat "$attempt/done.new")" = "$last_words" ]; then mv "$attempt/done.new" "$attempt/done"; fi
}

# What a reset after this must not lose.
settle() {
  if have fsync; then fsync "$@" 2>/dev/null; else sync "$@" 2>/dev/null; fi
}

# The result files in ./out: hash, bytes, name.
manifest() {
  for file in out/*; do
    if [ -f "$file" ]; then echo "file=$(hash_of "$file") $(bytes_of "$file") ${file#out/}"; fi
  done
}

# The same files themselves, one behind the other, when they are small: copying each costs a call.
contents() {
  echo "---"
  total=0
  for file in out/*; do total=$((total + $(bytes_of "$file"))); done
  if [ "$total" -gt 262144 ]; then return 0; fi
  for file in out/*; do if [ -f "$file" ]; then cat "$file"; fi; done
}

# Sets run_state.
look_at_run() {
  running=no
  if alive "$1" "$2"; then running=yes; fi
  # In this order: what ended between the two looks has ended.
  if [ -f "$root/runs/$1/attempt-$2/done" ]; then run_state=ended
  elif [ "$running" = yes ]; then run_state=running
  elif [ ! -f "$root/runs/$1/launch.sh" ]; then run_state=absent
  elif [ ! -d "$root/runs/$1/attempt-$2" ]; then run_state=none
  elif [ ! -f "$root/runs/$1/attempt-$2/pid" ] &&
    first_word "$root/runs/$1/attempt-$2/boot" && [ "$word" = "$this_boot" ]; then
    run_state=starting
  else run_state=dead
  fi
}

poll() {
  holder=$(readlink "$root/lock")
  if [ "$holder" = "$1" ]; then renew "$1" "$4"; fi
  look_at_run "$1" "$2"
  echo "state=$run_state"
  echo "boot=$this_boot"
  echo "lock=$holder"
  if [ "$run_state" = dead ]; then echo "free_kib=$(free_kib)"; fi
  echo "records_bytes=$(bytes_of "$root/runs/$1/out/records.jsonl")"
  echo "journal_bytes=$(bytes_of "$root/runs/$1/out/journal.jsonl")"
  echo "stderr_bytes=$(bytes_of "$root/runs/$1/attempt-$2/stderr")"
  echo "---"
  if [ -f "$root/runs/$1/attempt-$2/stderr" ]; then
    tail -c "+$(($3 + 1))" "$root/runs/$1/attempt-$2/stderr" | head -c 16384
  fi
}

# The program first gets the chance to close its files.
stop() {
  attempt=$root/runs/$1/attempt-$2
  if ! alive "$1" "$2"; then return 0; fi
  body_pid=$(cat "$attempt/pid")
  child=$(cat "$attempt/child" 2>/dev/null)
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null; fi
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    alive "$1" "$2" || return 0
    sleep 0.2 2>/dev/null || sleep 1
  done
  kill -9 -- "-$body_pid" 2>/dev/null
  if [ -n "$child" ]; then kill -9 "$child" 2>/dev/null; fi
  kill -9 "$body_pid" 2>/dev/null
  return 0
}

numeric() { case $1 in '' | *[!0-9]*) return 1 ;; *) return 0 ;; esac; }

# Writes a session's note anew; without lines it goes. A full device keeps the old one.
rewrite_note() {
  new=$root/incoming.$1.restore
  if [ -z "$2" ]; then rm -f "$root/restore.$1"
  elif printf '%s\n' "$2" >"$new"; then mv "$new" "$root/restore.$1"
  else rm -f "$new"
  fi
}

# Called by `prepare` for the item that it tries.
judge() {
  if [ "$1" = 0 ]; then echo "prepared=$item"; return 0; fi
  rewrite_note "$session" "$(grep -v "^$item " "$note")"
  echo "refused=$item"
}

# Notes how a setting was before it is changed, so that any later session can put it back. A second `prepare` of the
# same run keeps the first note.
prepare() {
  session=$1
  note=$root/restore.$1
  shift
  for item in "$@"; do
    if [ -f "$note" ] && grep -q "^$item " "$note"; then continue; fi
    case $item in
      stay_awake)
        echo "stay_awake $(settings get global stay_on_while_plugged_in)" >>"$note" || return 1
        svc power stayon true; judge $? ;;
      fixed_performance)
        echo "fixed_performance off" >>"$note" || return 1
        cmd power set-fixed-performance-mode-enabled true; judge $? ;;
      airplane)
        echo "airplane $(settings get global airplane_mode_on)" >>"$note" || return 1
        cmd connectivity airplane-mode enable; judge $? ;;
    esac
  done
}

# What cannot be put back stays in the note and holds up nothing else.
restore() {
  note=$root/restore.$1
  [ -f "$note" ] || return 0
  kept=
  while read -r item value; do
    if put_back </dev/null >/dev/null 2>&1; then echo "restored=$item"; continue; fi
    echo "not_restored=$item"
    kept="$kept${kept:+
}$item $value"
  done <"$note"
  rewrite_note "$1" "$kept"
  [ -z "$kept" ]
}

put_back() {
  case $item in
    stay_awake)
      if numeric "$value"; then settings put global stay_on_while_plugged_in "$value"
      else settings delete global stay_on_while_plugged_in; fi ;;
    fixed_performance) cmd power set-fixed-performance-mode-enabled false ;;
    airplane) if [ "$value" = 0 ] || [ "$value" = null ]; then cmd connectivity airplane-mode disable; fi ;;
  esac
}

# What sessions that never came back have left.
restore_left() {
  for note in "$root"/restore.*; do
    [ -f "$note" ] || continue
    left=${note##*/restore.}
    if is_run "$left" && ! active "$left"; then restore "$left"; fi
  done
  return 0
}

# A file that is there and does not let itself be read is named: on a phone that is usual, and worth knowing.
show_files() {
  for file in "$@"; do
    [ -e "$file" ] || continue
    words=
    if [ -r "$file" ] && [ -f "$file" ]; then
      while read -r line || [ -n "$line" ]; do words="$words${words:+ }$line"; done <"$file" 2>/dev/null
      if [ -n "$words" ] || cat "$file" >/dev/null 2>&1; then printf '%s\n' "$file=$words"; continue; fi
    fi
    echo "missing: $file cannot be read"
  done
}

section() {
  echo "== $1"
  shift
  if have "$1"; then "$@" </dev/null 2>&1; else echo "missing: $1"; fi
}

show_temperature() {
  echo "== thermal_zones"
  zones=0
  for zone in /sys/class/thermal/thermal_zone*; do
    degrees=$(cat "$zone/temp" 2>/dev/null)
    if [ -n "$degrees" ]; then
      echo "$(cat "$zone/type" 2>/dev/null || echo "${zone##*/}")=$degrees"
      zones=$((zones + 1))
    fi
  done
  if [ "$zones" = 0 ]; then echo "missing: no thermal zone can be read"; fi
  section battery dumpsys battery
  section thermal dumpsys thermalservice
}

show_state() {
  section uname uname -a
  section id id
  section date date -u +%Y-%m-%dT%H:%M:%SZ
  echo "== boot"; echo "$this_boot"
  look_at_clock
  echo "== uptime_s"; echo "$now_s"
  echo "== free_kib"; free_kib
  show_temperature
  echo "== cpufreq"
  show_files /sys/devices/system/cpu/cpufreq/policy*/scaling_governor /sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq \
    /sys/devices/system/cpu/cpufreq/policy*/scaling_max_freq /sys/devices/system/cpu/cpufreq/policy*/cpuinfo_max_freq
  echo "== gpu"
  show_files /sys/class/kgsl/kgsl-3d0/gpu_model /sys/class/kgsl/kgsl-3d0/devfreq/governor \
    /sys/class/kgsl/kgsl-3d0/devfreq/cur_freq \
    /sys/class/misc/mali0/device/gpuinfo /sys/class/misc/mali0/device/devfreq/*/governor
  echo "== opencl"
  for file in /vendor/lib64/libOpenCL.so /system/vendor/lib64/libOpenCL.so /vendor/lib64/egl/libGLES_mali.so \
    /vendor/lib64/libPVROCL.so /vendor/lib64/libOpenCL-pixel.so /usr/lib/*/libOpenCL.so.1; do
    if [ -e "$file" ]; then echo "$file"; fi
  done
  echo "== launch"
  show_files /proc/self/cgroup /proc/self/cpuset /proc/self/oom_score_adj /proc/self/attr/current | grep -v '^missing:'
  grep -E '^(Cpus_allowed_list|Seccomp|CapEff):' /proc/self/status 2>/dev/null
  echo "== power_supply"
  show_files /sys/class/power_supply/*/status /sys/class/power_supply/*/online /sys/class/power_supply/*/capacity
  echo "== load"; cat /proc/loadavg 2>/dev/null
  section getprop getprop
  echo "== gles"
  if have dumpsys; then dumpsys SurfaceFlinger </dev/null 2>&1 | grep -m 1 '^GLES:'; else echo "missing: dumpsys"; fi
  echo "== screen"
  if have dumpsys; then
    dumpsys power </dev/null 2>&1 | grep -E 'mWakefulness=|mStayOn=|mIsPowered='
  else
    echo "missing: dumpsys"
  fi
}

show_tools() {
  for tool in "$@"; do if have "$tool"; then echo "$tool=yes"; else echo "$tool=no"; fi; done
}

# Makes room: cached files go but those named, and programs that others' runs go on with.
evict() {
  for path in "$root"/cache/* "$root"/incoming.*; do
    name=${path##*/}
    case $path in
      "$root"/cache/*)
        is_hex "$name" 64 || continue
        case " $* " in *" $name "*) continue ;; esac
        if needed "$name"; then continue; fi ;;
      *) is_passing "$name" || continue ;;
    esac
    rm -f "$path" && echo "removed=$name"
  done
}

# Everything but what a session still holds and, without the word `all`, what unfinished runs go on with.
clean() {
  for path in "$root"/runs/* "$root"/cache/* "$root"/incoming.* "$root"/stale.*; do
    name=${path##*/}
    case $path in
      "$root"/runs/*)
        is_run "$name" || continue
        if active "$name"; then continue; fi
        if [ "$1" != all ] && unfinished "$path"; then echo "spared=$name"; continue; fi ;;
      "$root"/cache/*)
        is_hex "$name" 64 || continue
        if needed "$name"; then continue; fi ;;
      *) is_passing "$name" || continue ;;
    esac
    rm -rf "$path" && echo "removed=$name"
  done
  return 0
}

case $command in
  lock | unlock | cached | accept | install | write | start | body | poll | stop | forget | evict | clean | prepare | \
    restore | restore_left) "$command" "$@" ;;
  stage) run=$1; . "$root/runs/$run/stage.sh" && echo "staged=yes" ;;
  done) cd "$root/runs/$1" && cat "attempt-$2/done" && contents ;;
  manifest) cd "$root/runs/$1" && manifest && contents ;;
  ask) run=$1; shift; cd "$root/runs/$run" && . ./launch.sh && ask "$@" ;;
  state) show_state ;;
  temperature) show_temperature ;;
  tools) show_tools "$@" ;;
  *) echo "unknown command"; exit 64 ;;
esac
