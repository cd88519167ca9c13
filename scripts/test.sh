#!/usr/bin/env bash
# Builds and runs every test, one leg after the other, and says which legs passed and how long each took. The last lines
# are those of the main leg's ctest. A leg whose tool is missing fails: nothing is skipped silently.
set -euo pipefail

readonly legs=(checks dev asan-ubsan tsan oclgrind index-maps clang-tidy)
# What runs when nothing is named; the others are too long for every change (docs/known_findings.md).
readonly default_legs=(checks dev oclgrind)
usage() {
  cat <<'TEXT'
usage: scripts/test.sh [--quick | --all | --leg NAME ...]
  checks      who includes whom, formatting, shell scripts' syntax
  dev         all of it with warnings as errors; all tests
  asan-ubsan  tests under the address and undefined-behaviour sanitizers
  tsan        tests of what runs in threads under the thread sanitizer
  oclgrind    OpenCL kernels on a simulator that reports races and bad accesses
  index-maps  a million random index maps, others every time; $HETSCOPE_FUZZ_SEED: these again
  clang-tidy  static analysis and clang's warnings
Without an argument: checks, dev, oclgrind. --quick is checks and dev, --all is every leg. $HETSCOPE_JOBS: parallel jobs (default: the number of CPUs; two more for the tests of dev).
TEXT
}

fail() {
  printf 'test: %s\n' "$*" >&2
  exit 2
}

chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) chosen+=(checks dev) ;;
    --all) chosen+=("${legs[@]}") ;;
    --leg)
      [ $# -ge 2 ] || fail "--leg needs a name: ${legs[*]}"
      case " ${legs[*]} " in *" $2 "*) chosen+=("$2") ;; *) fail "unknown leg '$2'; there are: ${legs[*]}" ;; esac
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown argument '$1'" ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${default_legs[@]}")

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
jobs=${HETSCOPE_JOBS:-$(nproc)}
logs=build/test-logs
suppressions=$root/scripts/sanitizers

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { printf 'test: %s is missing: run scripts/setup.sh all\n' "$tool" >&2; return 1; }
  done
}

# configure PRESET; its chatter is shown only when it fails.
configure() {
  cmake --preset "$1" >"$logs/configure-$1.log" 2>&1 || { tail -n 30 "$logs/configure-$1.log" >&2; return 1; }
}

# build PRESET [target...]
build() {
  local preset=$1
  shift
  cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} -- --quiet
}

# tests PRESET [ctest option...]; a selection that selects nothing fails.
tests() {
  local preset=$1
  shift
  ctest --preset "$preset" -j "$jobs" --no-tests=error --no-label-summary "$@"
}

# choose_programs PRESET REGEX: sets `programs` to the matching test programs of a configured build.
choose_programs() {
  mapfile -t programs < <(ninja -C "build/$1" -t targets all |
    sed -n 's|^bin/\([a-z0-9_]*\): CXX_EXECUTABLE_LINKER.*|\1|p' | grep -E -- "$2")
  [ ${#programs[@]} -gt 0 ] || { printf 'test: no test program matches %s\n' "$2" >&2; return 1; }
}

# Tracked and new files, those that match $1, that are there.
source_files() {
  git ls-files -z --cached --others --exclude-standard | tr '\0' '\n' | grep -E -- "$1" | sort -u |
    while IFS= read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
}

leg_checks() {
  need python3 clang-format git
  python3 scripts/check_layers.py
  source_files '\.(cpp|hpp)$' | tr '\n' '\0' | xargs -0 clang-format --dry-run --Werror
  source_files '(\.sh|^\.ci/run)$' | while IFS= read -r file; do bash -n "$file"; done
  printf 'includes, formatting and scripts are in order\n'
}

# export_library VARIABLE FILE: sets the variable to where build/peers has the file, unless somebody has set it.
export_library() {
  local path
  path=$(find "$root/build/peers" -name "$2" -print -quit)
  if [ -n "$path" ] && [ -z "${!1:-}" ]; then export "$1=$path"; fi
}

# What transforms and products are compared with, so that these kernels are verified too.
use_peers() {  # the libraries of PEERS in scenario_run.py
  if ! timeout 60 bash scripts/fetch_peers.sh >"$logs/fetch-peers.log" 2>&1; then
    printf 'test: no XNNPACK and no newer oneDNN from PyPI (%s): what is installed is tested\n' "$logs/fetch-peers.log"
    return
  fi
  export_library HETSCOPE_XNNPACK_LIBRARY libexecutorch_backend_xnnpack.so
  export_library HETSCOPE_ONEDNN_LIBRARY libdnnl.so.3
}

leg_dev() {
  configure dev
  build dev
  # Without these the device tests are skipped, and say why.
  bash tests/device/fetch_daemons.sh build/device-daemons || true
  use_peers
  # Likewise the tests of processors that take models.
  HETSCOPE_ONNXRUNTIME=$(bash scripts/fetch_onnxruntime.sh || true) \
    jobs=${HETSCOPE_JOBS:-$((jobs + 2))} tests dev -LE '^opencl$'  # those are the leg oclgrind; more jobs, for what starts programs mostly waits
}

# The programs whose tests are worth the slow build, with fewer random cases and without the kernels' long ones; e2e tests start many processes that the sanitizers do not follow.
leg_asan_ubsan() {
  configure asan-ubsan
  choose_programs asan-ubsan '^(unit|contract|kernels?|golden)_'
  build asan-ubsan "${programs[@]}"
  # A tenth of the maps: every access is checked here. Thread-local storage of libraries that are opened at run time is left
  # to the loader: the leak checker of GCC 12 reads it wrongly and kills the test.
  # ONNX Runtime is left out here and under tsan: it is not built for either.
  HETSCOPE_ONNXRUNTIME=/left/out HETSCOPE_FUZZ_MAPS=1000 HETSCOPE_SMALL_CASES=1 ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:intercept_tls_get_addr=0 UBSAN_OPTIONS=print_stacktrace=1 \
    LSAN_OPTIONS="suppressions='$suppressions/lsan.supp':print_suppressions=0" \
    tests asan-ubsan -L '^(unit|contract|kernels|golden)$'
}

leg_tsan() {
  local without_aslr=()
  configure tsan
  choose_programs tsan '^(unit_(core|processor|kernel|measure|run)|contract.*|kernels?_.*)$'
  build tsan "${programs[@]}"
  # GCC 12's runtime does not find its shadow memory where the kernel randomises addresses widely.
  if setarch -R true 2>/dev/null; then without_aslr=(setarch -R); fi
  TSAN_OPTIONS="suppressions='$suppressions/tsan.supp':halt_on_error=1" HETSCOPE_ONNXRUNTIME=/left/out HETSCOPE_FUZZ_MAPS=1000 HETSCOPE_SMALL_CASES=1 \
    "${without_aslr[@]}" ctest --preset tsan -j "$jobs" --no-tests=error --no-label-summary -L '^(unit|contract|kernels)$' -E '^layers'
}

# The tests labelled `opencl` exist only where CMake finds the simulator; without them ctest fails. A kernel that found
# no device skips its test, so what ran must be seen to have run.
leg_oclgrind() {
  need oclgrind
  configure dev
  build dev kernels_registry
  tests dev -L '^opencl$' -V >"$logs/oclgrind-output.log" 2>&1 || { tail -n 60 "$logs/oclgrind-output.log" >&2; return 1; }
  grep -E 'copy_buffer: [1-9][0-9]* cases ran' "$logs/oclgrind-output.log" >/dev/null ||
    { printf 'test: no OpenCL kernel ran in the simulator (%s)\n' "$logs/oclgrind-output.log" >&2; return 1; }
  grep -E 'cases ran|unsupported, |tests passed' "$logs/oclgrind-output.log"
}

# What CI checks on ten thousand maps, always the same ones.
leg_index_maps() {
  configure dev
  build dev unit_tensor
  local seed=${HETSCOPE_FUZZ_SEED:-$(od -An -N8 -tu8 /dev/urandom | tr -d ' ')}
  printf 'HETSCOPE_FUZZ_SEED=%s\n' "$seed"
  HETSCOPE_FUZZ_SEED=$seed HETSCOPE_FUZZ_MAPS=${HETSCOPE_FUZZ_MAPS:-1000000} build/dev/bin/unit_tensor --gtest_filter='IndexMapProperty.*'
}

leg_clang_tidy() {
  need run-clang-tidy clang-tidy clang++
  # With the options that clang knows, and each file by itself: those compiled together are not in the list of commands.
  cmake --preset dev -B build/apart -DCMAKE_CXX_COMPILER=clang++ -DHETSCOPE_TOGETHER=OFF >"$logs/configure-apart.log" 2>&1 ||
    { tail -n 30 "$logs/configure-apart.log" >&2; return 1; }
  cmake --build build/apart --target hetscope_build_info -- --quiet
  local log=$logs/clang-tidy-findings.log
  if run-clang-tidy -quiet -j "$jobs" -p build/apart "^$root/(harness|kernels|reports|bench)/.*\.cpp$" >"$log" 2>&1; then
    printf 'clang-tidy found nothing\n'
    return
  fi
  grep -E -A 3 '(error|warning): ' "$log" | head -n 120 >&2 || tail -n 30 "$log" >&2
  return 1
}

bash scripts/setup.sh all
bash scripts/fetch_charts.sh || true  # their tests are skipped without, and say so
mkdir -p "$logs"

failed=()
summary=()
ctest_log=
for leg in "${chosen[@]}"; do
  printf '\n=== %s\n' "$leg"
  started=$SECONDS
  set +e
  (set -euo pipefail; "leg_${leg//-/_}") 2>&1 | tee "$logs/$leg.log"
  status=${PIPESTATUS[0]}
  set -e
  verdict=passed
  if [ "$status" -ne 0 ]; then
    verdict=FAILED
    failed+=("$leg")
  fi
  summary+=("$(printf '%-10s  %-6s  %4d s' "$leg" "$verdict" "$((SECONDS - started))")")
  if [ -z "$ctest_log" ] && grep -q 'tests passed,' "$logs/$leg.log"; then ctest_log=$logs/$leg.log; fi
done

printf '\n'
printf '%s\n' "${summary[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  printf '\ntest: failed: %s (logs: %s)\n' "${failed[*]}" "$logs" >&2
  exit 1
fi
if [ -n "$ctest_log" ]; then sed -n '/tests passed,/,$p' "$ctest_log"; fi
