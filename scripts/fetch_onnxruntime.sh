#!/usr/bin/env bash
# Fetches ONNX Runtime's library from PyPI into build/onnxruntime, by version and SHA-256, and prints its path, for
# $HETSCOPE_ONNXRUNTIME. Nothing is installed; a second run prints the path alone.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly version=1.31.1
# The wheels for CPython 3.11 (Debian 12), of which the library alone is used.
readonly x86_64=5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f
readonly aarch64=da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3

fail() {
  printf 'fetch_onnxruntime: %s\n' "$*" >&2
  exit 1
}

library=$PWD/build/onnxruntime/onnxruntime/capi/libonnxruntime.so.$version
if [ ! -f "$library" ]; then
  machine=$(uname -m)
  case $machine in x86_64 | aarch64) ;; *) fail "there is no wheel for $machine" ;; esac
  python3 -m pip --version >/dev/null 2>&1 || fail "needs pip: apt-get install python3-pip"
  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.11 \
    --platform "manylinux_2_28_$machine" --require-hashes --dest "$temporary" \
    -r /dev/stdin <<<"onnxruntime==$version --hash=sha256:${!machine}" >&2 || fail "pip could not fetch onnxruntime $version"
  mkdir -p build/onnxruntime
  python3 -m zipfile -e "$temporary"/onnxruntime-*.whl build/onnxruntime
  [ -f "$library" ] || fail "the wheel holds no $(basename "$library")"
fi
printf '%s\n' "$library"
