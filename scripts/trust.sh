#!/usr/bin/env bash
# How far can the suite's own verdicts be trusted? Runs A/A and A/B comparisons of known truth on this machine, tries the
# intervals on synthetic samples, and prints the rates. Hours; --short is the nightly form, at most 15 minutes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bash scripts/setup.sh run
bash scripts/setup.sh trust
cmake --preset release >/dev/null
cmake --build --preset release --target hetscope-trust -- --quiet
exec python3 scripts/trust.py --program build/release/bin/hetscope-trust "$@"
