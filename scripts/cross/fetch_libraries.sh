#!/usr/bin/env bash
# Unpacks into DIR/usr the libraries that hetscope needs, built by Debian for ARCHITECTURE, and Highway's source, so that a cross
# build finds all of them in one place. Nothing is installed, and no foreign architecture is added to this machine.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/cross/fetch_libraries.sh ARCHITECTURE DIR
ARCHITECTURE is Debian's name of it: arm64. A second run with everything there changes nothing.
TEXT
}

[ $# -eq 2 ] || { usage >&2; exit 2; }
architecture=$1
mkdir -p "$2"
target=$(cd "$2" && pwd)
[ ! -e "$target/complete" ] || exit 0

fail() {
  printf 'fetch_libraries: %s\n' "$*" >&2
  exit 1
}

state=$target/apt
rm -rf "$target/usr" "$state"
. "$(dirname "${BASH_SOURCE[0]}")/../private_apt.sh"
private_apt "$state" "$architecture" "" || fail "$apt_problem"
mkdir -p "$state/debs"
cd "$state/debs"
timeout 300 apt-get -q download nlohmann-json3-dev libvalijson-dev libcli11-dev libeigen3-dev opencl-c-headers opencl-clhpp-headers \
  libfmt-dev libfmt9 libhwy-dev libhwy1 libre2-dev libre2-9 libgtest-dev libgmock-dev libc++-16-dev >>"$state/log" 2>&1 ||
  fail "$(tail -n 1 "$state/log")"
for package in ./*.deb; do dpkg-deb -x "$package" "$target"; done
# Debian builds Highway as a shared library only; a binary that is pushed as one file needs its three sources.
timeout 300 apt-get -q source --download-only highway >>"$state/log" 2>&1 || fail "$(tail -n 1 "$state/log")"
mkdir -p "$target/usr/src/highway"
tar -xf highway_*.orig.tar.* --strip-components=1 -C "$target/usr/src/highway"
[ -f "$target/usr/src/highway/hwy/targets.cc" ] || fail "Highway's source holds no hwy/targets.cc"
rm -rf "$state"
touch "$target/complete"
