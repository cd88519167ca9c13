#!/usr/bin/env bash
# Fetches or makes the models that baselines run: scripts/models/get.sh NAME... | small | trained | architectures | all.
# They go to $HETSCOPE_MODELS (default: hetscope/models in the user's cache directory); what is there already is kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bash "$here/../baselines/setup.sh" models >&2
environments=${HETSCOPE_BASELINE_ENVIRONMENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/hetscope/baselines}
exec "$environments/models/bin/python" "$here/get.py" "$@"
