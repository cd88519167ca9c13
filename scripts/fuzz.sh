#!/usr/bin/env bash
# Fuzzes the importers and the readers of files with matrices with libFuzzer under the address and undefined-behaviour
# sanitizers, one after the other, beginning with their samples. What was found lies in build/fuzz/findings; run
# import_fuzz or matrix_file_fuzz with such a file to see it again.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fuzz.sh [--seconds N] [FORMAT...]
  --seconds N  for each format (default 600)
  FORMAT       an importer's name, packed_terms, npy or npz (default: all, one after the other), or 'every': all samples of importers
               as one corpus, each input given to the importers that claim it
TEXT
}

seconds=600
formats=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds)
      case ${2:-} in '' | *[!0-9]*) usage >&2; exit 2 ;; esac
      seconds=$2
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) formats+=("$1") ;;
  esac
  shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
matrix_formats=(packed_terms npy npz)
if [ ${#formats[@]} -eq 0 ]; then
  mapfile -t formats < <(sed -n 's/^HETSCOPE_IMPORTER(\(.*\))$/\1/p' reports/importers/importers.inc)
  formats+=("${matrix_formats[@]}")
fi
for tool in clang++ cmake ninja python3; do
  command -v "$tool" >/dev/null || { printf 'fuzz: %s is missing: run scripts/setup.sh all\n' "$tool" >&2; exit 2; }
done

# Debian keeps clang's runtimes in a package of their own.
if ! printf 'int main(){}' | clang++ -x c++ -fsanitize=address,undefined,fuzzer-no-link -o /dev/null - 2>/dev/null; then
  printf 'fuzz: the sanitizer runtimes of clang are missing: run scripts/setup.sh all\n' >&2
  exit 2
fi

build=${HETSCOPE_FUZZ_BUILD:-build/fuzz}
mkdir -p "$build"
cmake -G Ninja -S . -B "$build" -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1' \
  -DHETSCOPE_SANITIZE=address,undefined -DHETSCOPE_FUZZ=ON >"$build/configure.log" 2>&1 ||
  { tail -n 30 "$build/configure.log" >&2; exit 1; }
# What reads FORMAT, and where its samples are.
program_of() {
  case " ${matrix_formats[*]} " in *" $1 "*) echo matrix_file_fuzz ;; *) echo import_fuzz ;; esac
}
samples_of() {
  case $(program_of "$1") in matrix_file_fuzz) echo tests/golden/matrices ;; *) echo tests/golden/importers ;; esac
}
mapfile -t programs < <(for format in "${formats[@]}"; do program_of "$format"; done | sort -u)
cmake --build "$build" --target "${programs[@]}" -j "${HETSCOPE_JOBS:-$(nproc)}"

mkdir -p "$build/findings"
failed=()
for format in "${formats[@]}"; do
  corpus=$build/corpus/$format
  mkdir -p "$corpus"
  python3 - "$(samples_of "$format")" "$format" "$corpus" <<'PYTHON'
import pathlib
import sys

samples, corpus = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3])
folders = sorted(path for path in samples.iterdir() if path.is_dir() and sys.argv[2] in (path.name, "every"))
for path in (path for folder in folders for path in sorted(folder.iterdir())):
    if path.name.endswith(".hex"):
        text = bytes.fromhex(path.read_text().replace("\n", ""))
    elif path.name.endswith(".txt") and not path.name.endswith(".second.txt"):
        text = path.read_bytes()
        second = path.with_suffix(".second.txt")
        if second.exists():
            text += b"\n=== second stream\n" + second.read_bytes()
    else:
        continue
    (corpus / ("sample-" + path.parent.name + "-" + path.stem)).write_bytes(text)
PYTHON
  printf '=== %s, %s s\n' "$format" "$seconds"
  if HETSCOPE_FUZZ_FORMAT=$format "$build/bin/$(program_of "$format")" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=16384 -artifact_prefix="$build/findings/$format-" -print_final_stats=1 -verbosity=0 "$corpus" \
    >"$build/$format.log" 2>&1; then
    grep -E 'number_of_executed_units' "$build/$format.log"
  else
    tail -n 25 "$build/$format.log" >&2
    failed+=("$format")
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  printf 'fuzz: failed: %s (findings: %s/findings)\n' "${failed[*]}" "$build" >&2
  exit 1
fi
printf 'fuzz: %s formats, nothing found\n' "${#formats[@]}"
