// hetscope-trust: hetscope with kernels that are slower by a known share, the coverage of its intervals (`coverage
// TRIALS`), and the exact interval of a rate (`rate SUCCESSES TRIALS`). It is what
// scripts/trust.sh tries the suite's own verdicts with; its numbers are about hetscope, never about a device.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bench/commands/program.hpp"
#include "bench/trust/coverage.hpp"
#include "bench/trust/slowed_kernel.hpp"
#include "harness/statistics/distributions.hpp"
#include "kernels/catalog.hpp"

int main(int argc, char** argv) {
  using namespace hetscope;
  if (argc == 3 && std::strcmp(argv[1], "coverage") == 0) {
    const int trials = std::atoi(argv[2]);
    if (trials < 1 || trials > 1'000'000) {
      std::fprintf(stderr, "hetscope-trust: coverage: '%s' is no number of trials; give 1 to 1000000\n", argv[2]);
      return kExitInput;
    }
    print_coverage(trials);
    return kExitOk;
  }
  if (argc == 4 && std::strcmp(argv[1], "rate") == 0) {
    const long long successes = std::atoll(argv[2]);
    const long long trials = std::atoll(argv[3]);
    if (successes < 0 || successes > trials) {
      std::fprintf(stderr, "hetscope-trust: rate: %s of %s is no rate\n", argv[2], argv[3]);
      return kExitInput;
    }
    const Interval interval = clopper_pearson(successes, trials);
    std::printf("%.6f %.6f\n", interval.low, interval.high);
    return kExitOk;
  }
  Catalog catalog = make_catalog();
  for (const char* name : {"multiply_add_peak_simd", "copy_bandwidth_memcpy"}) {
    const Kernel& inner = catalog.kernels().at(name);
    for (const int percent : {3, 5}) catalog.kernels().add(make_slowed_kernel(inner, percent));
  }
  return hetscope_main(argc, argv, std::move(catalog));
}
