#!/usr/bin/env bash
# Brings the chart libraries that reports/assets/charts.txt names from npm into build/charts, where the build finds them and
# makes them part of the program. Each file must have the hash that is written there. Nothing is run that npm brings.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$root/build/charts
fail() {
  printf 'fetch_charts: %s; reports will be written without Vega-Lite charts\n' "$*" >&2
  exit 1
}

has() {  # has PACKAGE HASH: is it there, with its licence?
  [ -s "$folder/$1.license" ] && [ "$(sha256sum <"$folder/$1.js" 2>/dev/null)" = "$2  -" ]
}

work=
trap 'rm -rf "$work"' EXIT
while read -r package version file hash; do
  case $package in '' | '#'*) continue ;; esac
  if has "$package" "$hash"; then continue; fi
  command -v npm >/dev/null || fail 'npm is missing (apt-get install npm)'
  [ -n "$work" ] || work=$(mktemp -d)
  (cd "$work" && timeout 120 npm pack --silent --ignore-scripts "$package@$version" >/dev/null 2>&1) ||
    fail "$package $version could not be fetched"
  tar -xzf "$work/$package-$version.tgz" -C "$work"
  [ "$(sha256sum <"$work/package/$file")" = "$hash  -" ] || fail "$file of $package $version has another hash than charts.txt says"
  mkdir -p "$folder"
  mv "$work/package/LICENSE" "$folder/$package.license"
  mv "$work/package/$file" "$folder/$package.js"
  rm -rf "$work/package"
  printf 'fetch_charts: %s %s\n' "$package" "$version"
done <"$root/reports/assets/charts.txt"
