// copy_bandwidth_memcpy: what the C library reaches; it chooses its own stores by size.
//   traffic: bytes / 2 read, bytes / 2 written
#include "kernels/copy/host_copy.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class CopyBandwidthMemcpy final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "copy_bandwidth_memcpy"; }
  std::string_view operation() const noexcept override { return "copy_bandwidth"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_host_copy(cpu, pool, inputs[0].tensor, copy_with_memcpy);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(copy_bandwidth_memcpy, CopyBandwidthMemcpy)

}  // namespace hetscope
