# What the driver keeps below its root: files known by their content, and runs.

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
