#!/usr/bin/env bash
# Installs what is missing, and nothing else, from Debian 12's packages; docs/dependencies.md says what each is for.
# A second run finds everything and changes nothing.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [run|test|all|cross|trust]
  run    what building and running hetscope needs (default)
  test   what scripts/test.sh needs besides
  all    both
  cross  what the preset linux-arm64 and its tests need besides
  trust  the peer that scripts/trust.sh compares with
TEXT
}

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# One line a package: name, then what it is for.
run_packages() {
  cat <<'TEXT'
g++ compiler
cmake build description
ninja-build build tool
ccache keeps compiled files between builds
git the commit that goes into each record
libfmt-dev formatting
nlohmann-json3-dev JSON
libvalijson-dev JSON Schema validation
libcli11-dev command line
libsimdjson-dev fast JSON, for comparisons of millions of records
libre2-dev regular expressions of --filter
libhwy-dev SIMD with run-time dispatch
libeigen3-dev reference results in f64
libbenchmark-dev Google Benchmark, for hetscope-gbench
opencl-headers OpenCL headers
opencl-clhpp-headers OpenCL C++ headers
libopenblas0-pthread matrix product that the multiply-add roof is compared with, opened at run time
libdnnl2 oneDNN, the other dense product that sparse ones are compared with, opened at run time
ocl-icd-libopencl1 OpenCL ICD loader, opened at run time
pocl-opencl-icd OpenCL on the CPU, where no other driver is installed
TEXT
}

test_packages() {
  cat <<'TEXT'
python3 the checks of the tree
python3-jsonschema a second opinion on the record's schema
libgtest-dev GoogleTest
libgmock-dev GoogleMock
clang-format formatting check
clang-tidy static analysis
clang second compiler
libclang-rt-14-dev clang's fuzzer and sanitizer runtimes, for scripts/fuzz.sh
oclgrind OpenCL simulator that finds races and bad accesses
pocl-opencl-icd OpenCL device of the tests
chromium opens the HTML report in its tests
iproute2 a network of the device tests' own
openssh-client the device driver's way to boards
TEXT
}

trust_packages() {
  cat <<'TEXT'
python3 runs the trials
libbenchmark-tools compare.py, Google Benchmark's own verdict
python3-scipy its U test
TEXT
}

cross_packages() {
  cat <<'TEXT'
g++-aarch64-linux-gnu cross compiler
binutils-aarch64-linux-gnu strip for arm64 programs
qemu-user-static runs arm64 programs in the tests
clang-16 compiles for Android, in scripts/cross/android_check.py
TEXT
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

# What counts as there although its package is not: a vendor's ICD loader or OpenCL driver. Debian's loader would push a
# vendor's out, and PoCL is only needed where nothing else computes.
is_replaced() {
  case $1 in
    ocl-icd-libopencl1) ldconfig -p 2>/dev/null | grep -q 'libOpenCL\.so\.1' ;;
    pocl-opencl-icd) [ "$group" = run ] && compgen -G '/etc/OpenCL/vendors/*.icd' >/dev/null ;;
    *) return 1 ;;
  esac
}

group=${1:-run}
case $group in
  run) wanted=$(run_packages) ;;
  test) wanted=$(test_packages) ;;
  all) wanted=$(run_packages; test_packages) ;;
  cross) wanted=$(cross_packages) ;;
  trust) wanted=$(trust_packages) ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }
PATH=$PATH:/usr/sbin:/sbin
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this is not a Debian system (no apt-get); install by hand what docs/dependencies.md lists"
fi

missing=()
while read -r package purpose; do
  if is_installed "$package"; then continue; fi
  if is_replaced "$package"; then
    printf 'setup: %s is not needed: this machine has its own\n' "$package"
    continue
  fi
  case " ${missing[*]-} " in *" $package "*) continue ;; esac
  printf 'setup: missing %s (%s)\n' "$package" "$purpose"
  missing+=("$package")
done <<<"$wanted"

if [ ${#missing[@]} -eq 0 ]; then
  printf 'setup: everything for %s is installed\n' "'$group'"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "installing needs root: run 'apt-get install ${missing[*]}' as root, then this again"
  as_root=(sudo)
  [ -t 0 ] || as_root=(sudo -n)  # nobody there to type a password
fi
apt() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'setup: installing %s package(s)\n' "${#missing[@]}"
apt update >"$log" 2>&1 || { tail -n 5 "$log" >&2; fail "apt-get update failed (the lines above); is there a network?"; }
apt install --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
  { tail -n 20 "$log" >&2; fail "apt-get install failed (the lines above)"; }
for package in "${missing[@]}"; do
  is_installed "$package" || fail "$package is still missing after apt-get install"
done
printf 'setup: done\n'
