# The device's half of the driver: sh agent.sh ROOT COMMAND [ARGUMENT...], this file and its neighbours one behind the
# other (agent.py). Plain POSIX shell, for mksh and toybox on a phone as for a board's dash. Every command may be repeated
# after a lost link: none does a thing twice. Runs, tokens and file names are made by the host from letters, digits, '.',
# '_' and '-'.
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
