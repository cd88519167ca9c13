#!/usr/bin/env bash
# Installs baseline frameworks from PyPI, each into a virtual environment of its own with pinned versions; a second run
# finds what is there and changes nothing. Licences: bench/baselines/baselines.json.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/baselines/setup.sh [--list] [--again] NAME... | all
  NAME     onnxruntime openvino mnn ncnn litert tvm; models, export (what scripts/models/get.sh and export.py need; not part of all)
  --list   print what is installed where
  --again  remove and install again
Environments are below $HETSCOPE_BASELINE_ENVIRONMENTS (default: hetscope/baselines in the user's cache directory).
$HETSCOPE_PYTHON: the interpreter to make them with (default: python3). Sizes on disk: onnxruntime 0.2 GB, openvino 0.2, mnn 0.2,
ncnn 0.2, tvm 0.5, litert 2 (its converter needs TensorFlow).
TEXT
}

readonly names=(onnxruntime openvino mnn ncnn litert tvm)

# The pinned packages of a baseline, the framework first. Those after --no-deps are installed without what they ask for:
# pnnx needs PyTorch for its Python functions only, not for the program that converts.
packages_of() {
  case $1 in
    onnxruntime) echo "onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6" ;;
    openvino) echo "openvino==2026.4.1 numpy==2.4.6" ;;
    mnn) echo "MNN==3.6.1 onnx==1.23.2 numpy==2.4.6" ;;
    ncnn) echo "ncnn==1.0.20261020 onnx==1.23.2 numpy==2.4.6 --no-deps pnnx==20261020" ;;
    litert) echo "ai-edge-litert==2.1.0 onnx2tf==1.29.24" ;;
    export) echo "torch==2.15.0 timm==1.0.31 transformers==5.23.0 diffusers==0.42.1 onnx==1.23.2 numpy==2.4.6" ;;
    models) echo "onnx==1.23.2 onnxslim==0.1.98 onnxruntime==1.31.1 numpy==2.4.6" ;;
    tvm) echo "apache-tvm==0.27.0.post1 onnx==1.23.2 numpy==2.4.6" ;;
  esac
}

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

root=${HETSCOPE_BASELINE_ENVIRONMENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/hetscope/baselines}
python=${HETSCOPE_PYTHON:-python3}
again=0
chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --again) again=1 ;;
    --list)
      for name in "${names[@]}" models export; do
        if [ -f "$root/$name/installed" ]; then printf '%-12s %s\n' "$name" "$(tr '\n' ' ' <"$root/$name/installed")"; fi
      done
      exit 0
      ;;
    all) chosen+=("${names[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *)
      case " ${names[*]} models export " in *" $1 "*) chosen+=("$1") ;; *) usage >&2; fail "unknown baseline '$1'" ;; esac
      ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || { usage >&2; exit 2; }
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$python has no venv; install python3-venv"

pip_install() {
  local place=$1
  shift
  "$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: "$@" \
    >>"$place/install.log" 2>&1
}

failed=()
install() {
  local name=$1 place=$root/$1 wanted
  read -ra wanted <<<"$(packages_of "$name")"
  if [ "$again" = 0 ] && [ -f "$place/installed" ] && [ "$(head -n 1 "$place/installed")" = "${wanted[*]}" ]; then
    printf 'setup: %s is there\n' "$name"
    return
  fi
  rm -rf "$place"
  mkdir -p "$root"
  printf 'setup: installing %s (%s)\n' "$name" "${wanted[*]}"
  local all="${wanted[*]}"
  read -ra first <<<"${all%%--no-deps*}"
  read -ra alone <<<"${all#"${first[*]}"}"
  "$python" -m venv "$place" && pip_install "$place" "${first[@]}" &&
    { [ ${#alone[@]} -eq 0 ] || pip_install "$place" "${alone[@]}"; } || { tail -n 3 "$place/install.log" | cut -c 1-300 >&2; return 1; }
  "$place/bin/python" -m pip freeze >"$place/versions.txt"
  # Written last: without it the environment counts as half installed.
  { printf '%s\n' "${wanted[*]}"; "$place/bin/python" --version; } >"$place/installed"
}
for name in "${chosen[@]}"; do
  install "$name" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || fail "not installed: ${failed[*]} (the lines above); their rows will be 'skipped'"
