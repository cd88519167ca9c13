#!/bin/sh
# Plays hetscope on a test device: the same files, progress and exit codes, with faults from files in /facts (or
# $HETSCOPE_STUB_FACTS): cases, case_s; crash_at, hang_at, kill_at, abort_at: the number of a case at which it happens
# (once, unless `always` is there). What it was called with is left in /facts/called, a word a line. `qualify` takes
# case_s for each of its launches and says what the file verdict holds; `doctor` finds something bad where there is unfit.
facts=${HETSCOPE_STUB_FACTS:-/facts}
fact() { cat "$facts/$1" 2>/dev/null || echo "$2"; }
cases=$(fact cases 4)
command=$1
[ "$command" != run ] || printf '%s\n' "$@" >"$facts/called"
[ $# -eq 0 ] || shift
out=
resume=no
estimate=no
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift ;;
    --resume) resume=yes ;;
    --estimate) estimate=yes ;;
    --launches) launches=$2; shift ;;
    --filter | --budget | --case | --processor | --meter) shift ;;
    --) shift; break ;;
  esac
  shift
done
case_line() { echo "stub kernel=stub processor=cpu index=$1"; }
all_cases() { i=1; while [ $i -le "$cases" ]; do case_line $i; i=$((i + 1)); done; }

case $command in
  --version) echo "hetscope 0.0.0 (stub)"; exit 0 ;;
  --dump) printf '%s\n' kernels/memory/copy.cl scenarios/decisions/tasd.json scenarios/smoke/copy.json; exit 0 ;;
  devices) printf '%s\n' 'processor   stub  Stub 1 (cpu)' '  cpus  0-1' 'missing     rapl: not there'; exit 0 ;;
  doctor)
    if [ -f "$facts/unfit" ]; then
      printf '%s\n' 'BAD     timer            goes backwards' '                         -> another clocksource'
      exit 1
    fi
    printf '%s\n' 'well    timer            1 ns' 'warning governor         powersave' '                         -> mend it'
    exit 0 ;;
  list)
    if [ $estimate = yes ]; then echo "$cases cases in $cases groups, about 1.5 minutes without loading and converting"; else all_cases; fi
    exit 0 ;;
  qualify)
    mkdir -p "$out"
    i=1
    while [ $i -le "$launches" ]; do
      echo "SAME launch $i" >&2
      # The same case each time, which in a run would be an error.
      echo "{\"schema\":\"hetscope/record/1\",\"case\":\"$(case_line 1)\",\"status\":\"ok\"}" >>"$out/records.jsonl"
      sleep "$(fact case_s 0.05)"
      i=$((i + 1))
    done
    verdict=$(fact verdict QUALIFIED)
    {
      echo "{\"schema\":\"hetscope/qualification/1\",\"verdict\":\"$verdict\",\"reasons\":[\"as the test wants\"],"
      echo '"probes":[{"processor":"stub","judged":1,"false_verdicts":0,"noise_floor":0.012},'
      echo '{"processor":"stub","judged":1,"false_verdicts":1,"noise_floor":0.034},'
      echo '{"processor":"gpu","judged":0,"false_verdicts":0,"noise_floor":null}]}'
    } >"$out/qualification.json"
    [ "$verdict" != REJECTED ] || exit 1
    exit 0 ;;
  run) ;;
  *) echo "unknown subcommand" >&2; exit 2 ;;
esac
full() { echo "hetscope: $out: No space left on device; the run can be resumed" >&2; exit 2; }
trap 'echo "hetscope: interrupted; go on with --resume" >&2; exit 2' TERM INT
for name in "$@"; do
  if [ ! -f "$name" ]; then echo "no such scenario: $name" >&2; exit 2; fi
done
if [ $resume = no ]; then
  if [ -e "$out/run.json" ]; then echo "$out holds a run" >&2; exit 2; fi
  mkdir -p "$out" || full
  uuid=$(cat /proc/sys/kernel/random/uuid)
  echo "{\"schema\":\"hetscope/run/1\",\"run_uuid\":\"$uuid\"}" >"$out/run.new" 2>/dev/null || full
  mv "$out/run.new" "$out/run.json"
else
  uuid=$(sed 's/.*"run_uuid":"\([^"]*\)".*/\1/' "$out/run.json")
  # What a full disk or a reset has torn goes, as in hetscope.
  for file in records journal; do
    if [ -n "$(tail -c 1 "$out/$file.jsonl" 2>/dev/null)" ]; then sed -i '$d' "$out/$file.jsonl"; fi
  done
fi
touch "$out/records.jsonl" "$out/journal.jsonl"
once() {  # FAULT INDEX: does it happen now?
  [ "$(fact "$1" 0)" = "$2" ] || return 1
  [ -f "$facts/always" ] || rm -f "$facts/$1"
  return 0
}
i=1
while [ $i -le "$cases" ]; do
  line=$(case_line $i)
  if ! grep -q "\"case\":\"$line\"" "$out/records.jsonl"; then
    status=ok
    if grep -q "\"started\":\"$line\"" "$out/journal.jsonl"; then
      status=failed
    else
      echo "{\"started\":\"$line\"}" >>"$out/journal.jsonl" || full
      if once crash_at $i; then kill -SEGV $$; fi
      if once kill_at $i; then kill -9 $$; fi
      if once abort_at $i; then kill -9 "$PPID"; kill -9 $$; fi
      if once hang_at $i; then while :; do sleep 1; done; fi
      sleep "$(fact case_s 0.05)"
    fi
    record="{\"schema\":\"hetscope/record/1\",\"run_uuid\":\"$uuid\",\"case\":\"$line\",\"status\":\"$status\""
    record="$record,\"padding\":\"$(fact padding '')\"}"
    echo "$record" >>"$out/records.jsonl" 2>/dev/null || full
  fi
  echo "[$i/$cases] ok $line" >&2
  i=$((i + 1))
done
echo "{\"released\":true}" >>"$out/journal.jsonl" || full
if grep -q '"status":"failed"' "$out/records.jsonl"; then exit 1; fi
