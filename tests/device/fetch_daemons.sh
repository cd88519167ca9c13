#!/usr/bin/env bash
# Unpacks into DIR what plays a phone in the tests: Google's adbd built for Linux (from the backports suite), an old and
# a new adb, mksh, toybox and sshd. Nothing is installed on this machine: an installed adbd or sshd would start
# listening.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tests/device/fetch_daemons.sh DIR
DIR/root      new adb, adbd, mksh, toybox, sshd and the libraries that they need beyond this machine's
DIR/old       the old adb
DIR/missing   one line that says why, when something could not be had (then the tests that need it skip)
A second run with everything there changes nothing.
TEXT
}

[ $# -eq 1 ] || { usage >&2; exit 2; }
case $1 in -h | --help) usage; exit 0 ;; esac
mkdir -p "$1"
target=$(cd "$1" && pwd)
[ ! -e "$target/complete" ] || exit 0
rm -rf "$target/root" "$target/old" "$target/missing" "$target/apt"

missing() {
  printf '%s\n' "$*" >"$target/missing"
  printf 'fetch_daemons: %s\n' "$*" >&2
  exit 0
}

state=$target/apt
mkdir -p "$state/debs" "$state/old-debs"
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/private_apt.sh"
private_apt "$state" "$(dpkg --print-architecture 2>/dev/null)" "" -backports || missing "$apt_problem"

# The packages of a suite with those of their dependencies that the machine lacks.
closure() {
  local suite=$1
  shift
  apt-get -q -s -o APT::Install-Recommends=false -t "$suite" install "$@" 2>>"$state/log" | awk '/^Inst / {
    version = $3; if (version ~ /^\[/) version = $4; sub(/^\(/, "", version); print $2 "=" version }'
}

download() {
  local directory=$1
  shift
  [ $# -gt 0 ] || missing "apt finds no package to download; see $state/log"
  (cd "$directory" && timeout 240 apt-get -q download "$@" >>"$state/log" 2>&1) ||
    missing "a package could not be downloaded: $(grep -E '^(E|Err)' "$state/log" | tail -n 1)"
}

# A package that the machine has already is not in the closure; its own name is added with the version on offer.
candidate() {
  local package version
  for package in "${@:2}"; do
    version=$(apt-cache madison "$package" 2>/dev/null |
      awk -F ' *[|] *' -v suite="$1" 'index($3, " " suite "/") { print $2; exit }')
    [ -n "$version" ] || missing "$package is not in $1"
    printf '%s=%s\n' "$package" "$version"
  done
}

new=$({ candidate "$codename-backports" adb adbd; candidate "$codename" mksh toybox openssh-server
  closure "$codename-backports" adb adbd; closure "$codename" mksh toybox openssh-server; } | sort -u)
old=$({ candidate "$codename" adb; closure "$codename" adb; } | sort -u)
[ ! -e "$target/missing" ] || exit 0
# A package name may come with two versions; the first, which is the asked-for suite's, wins for `adb` and its
# libraries.
mapfile -t new_packages <<<"$new"
mapfile -t old_packages <<<"$old"
download "$state/debs" "${new_packages[@]}"
download "$state/old-debs" "${old_packages[@]}"
mkdir -p "$target/root" "$target/old"
for package in "$state"/debs/*.deb; do dpkg-deb -x "$package" "$target/root"; done
for package in "$state"/old-debs/*.deb; do dpkg-deb -x "$package" "$target/old"; done
[ -e "$target/root/usr/lib/android-sdk/platform-tools/adbd" ] || missing "the adbd package holds no adbd"
rm -rf "$state"
touch "$target/complete"
