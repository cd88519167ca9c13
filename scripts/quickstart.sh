#!/usr/bin/env bash
# From a fresh clone to a first report: installs what is missing, builds, measures the smoke scenarios on every
# processor of this machine, writes out/quickstart/report.html and report.md, and shows the beginning of the latter.
set -euo pipefail

fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 2
}

case ${1-} in
  '') ;;
  -h | --help) printf 'usage: scripts/quickstart.sh\n'; exit 0 ;;
  *) fail "unknown argument '$1'; it takes none" ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
out=out/quickstart
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A run is never added to: the old one makes room, if it is one.
if [ -e "$out" ] || [ -L "$out" ]; then
  if [ -d "$out" ] && [ ! -L "$out" ] && { [ -f "$out/run.json" ] || [ -z "$(ls -A "$out")" ]; }; then
    rm -rf "$out"
  else
    fail "$root/$out is there and is not a hetscope run (no run.json); move it away"
  fi
fi

bash scripts/setup.sh run
bash scripts/fetch_charts.sh || true  # says what the report is without
printf 'quickstart: building (a few minutes the first time)\n'
cmake --preset release >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "configuring failed (the lines above)"; }
cmake --build --preset release --target hetscope >"$log" 2>&1 ||
  { grep -E -A 5 'error|FAILED' "$log" | head -n 40 >&2; fail "building failed (the lines above)"; }
hetscope=build/release/bin/hetscope

printf 'quickstart: measuring (under a minute)\n'
started=$SECONDS
status=0
"$hetscope" run scenarios/smoke/*.json --out "$out" || status=$?
[ "$status" -le 1 ] || fail "hetscope run ended with exit code $status (its message is above)"
printf 'quickstart: measured in %s s\n' "$((SECONDS - started))"

"$hetscope" report "$out" --out "$out/report.html" || fail "the HTML report could not be written (the message is above)"
"$hetscope" report "$out" --out "$out/report.md" || fail "the Markdown report could not be written (the message is above)"

printf '\n'
head -n 40 "$out/report.md"
printf '\nquickstart: the whole report: %s and report.md beside it\n' "$root/$out/report.html"
[ "$status" -eq 0 ] || { printf 'quickstart: at least one case failed or gave a wrong answer: see the report\n' >&2; exit 1; }
