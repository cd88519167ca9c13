# Settings of the device that a run changes and puts back.

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
