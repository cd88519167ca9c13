#!/usr/bin/env bash
# Tries the real frameworks, not part of scripts/test.sh: installs the named ones (default: all), fetches the trained models,
# runs each framework on a small model and on models that are none, and tries how large weights are kept and models rewritten. usage: scripts/baselines/test.sh [--no-setup] [NAME...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
setup=1
if [ "${1:-}" = --no-setup ]; then
  setup=0
  shift
fi
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(onnxruntime openvino mnn ncnn litert tvm)
if [ "$setup" = 1 ]; then
  scripts/baselines/setup.sh onnxruntime "${names[@]}"
  scripts/models/get.sh trained
fi
hetscope=${HETSCOPE:-build/release/bin/hetscope}
[ -x "$hetscope" ] || { printf 'test: build %s first\n' "$hetscope" >&2; exit 2; }
environments=${HETSCOPE_BASELINE_ENVIRONMENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/hetscope/baselines}
if [ -x "$environments/models/bin/python" ]; then
  for test in weightless plain_onnx; do "$environments/models/bin/python" "tests/baselines/${test}_test.py"; done
else
  printf 'test: weightless_test.py and plain_onnx_test.py are skipped: scripts/models/get.sh has not been run\n' >&2
fi
exec python3 tests/baselines/frameworks_test.py "$hetscope" "${names[@]}"
