#!/usr/bin/env bash
# Makes one small tar of a build: the stripped program, the scenarios, the licences and a manifest of hashes. The program alone is
# enough to run; the rest is for people.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/package.sh [PRESET] [--out DIR]
PRESET: a built preset: release (default), android-arm64, or linux-arm64, whose package holds hetscope-static, too.
Writes DIR/hetscope-VERSION-PRESET.tar.gz (DIR: out/packages); `sha256sum -c MANIFEST` checks it where it was unpacked.
The same build always gives the same bytes.
TEXT
}

fail() {
  printf 'package: %s\n' "$*" >&2
  exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=release
out=$root/out/packages
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --out) [ $# -ge 2 ] || { usage >&2; exit 2; }; out=$2; shift ;;
    -*) usage >&2; exit 2 ;;
    *) preset=$1 ;;
  esac
  shift
done
program=$root/build/$preset/bin/hetscope
[ -f "$program" ] || fail "there is no $program: cmake --preset $preset && cmake --build --preset $preset --target hetscope"

strip=$(sed -n 's/^CMAKE_STRIP:[A-Z]*=//p' "$root/build/$preset/CMakeCache.txt")  # the compiler's own
[ -x "$strip" ] || fail "the build of $preset names no strip that is there ('$strip')"
version=$(sed -n 's/^project(hetscope VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
name=hetscope-$version-$preset
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/$name/licences" "$out"
for file in "$program" "$program-static"; do
  [ -f "$file" ] || continue
  "$strip" -o "$stage/$name/${file##*/}" "$file"
  chmod 755 "$stage/$name/${file##*/}"
done
cp -r "$root/scenarios" "$stage/$name/scenarios"
cp "$root/LICENSE" "$stage/$name/licences/hetscope"
cp "$root/docs/dependencies.md" "$stage/$name/licences/dependencies.md"
# What is part of the program brings its own licence along.
if grep -q '^HETSCOPE_FETCH_LIBRARIES:BOOL=ON' "$root/build/$preset/CMakeCache.txt"; then
  cp "$root/build/$preset/licences/"* "$stage/$name/licences/"
else
  for package in libfmt-dev nlohmann-json3-dev libvalijson-dev libcli11-dev libhwy-dev libeigen3-dev libre2-dev opencl-clhpp-headers; do
    for file in "$root/build/libraries-arm64/usr/share/doc/$package/copyright" "/usr/share/doc/$package/copyright"; do
      if [ -f "$file" ]; then cp "$file" "$stage/$name/licences/$package"; break; fi
    done
    [ -f "$stage/$name/licences/$package" ] || fail "the licence of $package is not on this machine"
  done
fi
chmod -R u=rwX,go=rX "$stage/$name"
(cd "$stage/$name" && find . -type f ! -name MANIFEST | LC_ALL=C sort | xargs -d '\n' sha256sum >MANIFEST)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$stage" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
printf '%s: program %s bytes, package %s bytes\n' "$out/$name.tar.gz" "$(stat -c %s "$stage/$name/hetscope")" \
  "$(stat -c %s "$out/$name.tar.gz")"
