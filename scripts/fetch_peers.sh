#!/usr/bin/env bash
# Fetches libraries that layout transforms are compared with and that Debian lacks or has in an old release, from PyPI into
# build/peers: XNNPACK (inside ExecuTorch) and oneDNN with OpenMP threads. Nothing is installed; scripts/layout_numbers.py
# finds them there. A second run changes nothing.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
packages=(executorch==1.5.1)
# The newest release whose CPU engine needs no SYCL device; made for x86-64 only.
[ "$(uname -m)" = x86_64 ] && packages+=(onednn-cpu-gomp==2023.2.0)

fail() {
  printf 'fetch_peers: %s\n' "$*" >&2
  exit 1
}

python3 -m pip --version >/dev/null 2>&1 || fail "needs pip: apt-get install python3-pip"
wanted="${packages[*]}"
if [ "$(cat build/peers/fetched 2>/dev/null || true)" = "$wanted" ]; then
  echo "fetch_peers: build/peers is complete"
  exit 0
fi
rm -rf build/peers
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --only-binary :all: \
  --ignore-installed --prefix "$PWD/build/peers" "${packages[@]}" || fail "pip could not fetch $wanted (the lines above)"
echo "$wanted" >build/peers/fetched
find build/peers -name 'libdnnl.so.3' -o -name 'libexecutorch_backend_xnnpack.so'
