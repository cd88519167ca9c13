# One attempt of a run: started so that it outlives the link, looked at, stopped.

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
