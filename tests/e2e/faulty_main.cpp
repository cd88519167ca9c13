// hetscope-faulty: the program with kernels that fail in every way and with fake accelerators, beside the suite's own.
#include <memory>
#include <utility>
#include <vector>

#include "bench/commands/program.hpp"
#include "harness/core/clock.hpp"
#include "kernels/catalog.hpp"
#include "kernels/partition/split_kernel.hpp"
#include "kernels/registration.hpp"
#include "tests/e2e/faulty_kernels.hpp"
#include "tests/fakes/fake_accelerator.hpp"

namespace hetscope {
namespace {

std::vector<std::unique_ptr<Backend>> backends_with_fakes() {
  std::vector<std::unique_ptr<Backend>> backends = make_backends();
  backends.push_back(std::make_unique<FakeAcceleratorBackend>(fake_accelerators()));
  return backends;
}

// matmul_fake, and matmul_fake_split of it and of a kernel of the host.
void add_fake_kernels(Catalog& catalog) {
  static const MonotonicClock kClock;
  catalog.kernels().add(make_fake_matmul(kClock));
  std::vector<std::unique_ptr<Kernel>> parts;
  parts.push_back(make_fake_matmul(kClock));
  parts.push_back(make_kernel<KernelId::matmul_openblas>());
  catalog.kernels().add(std::make_unique<SplitKernel>("matmul_fake_split", make_operation<OperationId::matmul>(),
                                                      std::move(parts), stage_clocks()));
}

}  // namespace
}  // namespace hetscope

int main(int argc, char** argv) {
  hetscope::Catalog catalog = hetscope::make_catalog();
  hetscope::add_faulty_kernels(catalog);
  hetscope::add_fake_kernels(catalog);
  return hetscope::hetscope_main(argc, argv, std::move(catalog), hetscope::backends_with_fakes);
}
