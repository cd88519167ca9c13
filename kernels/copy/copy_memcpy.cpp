// copy_memcpy: the C library's memcpy, one contiguous share a thread.
//   traffic: bytes read once and written once (and the written lines fetched first, where memcpy does not avoid it)
#include "kernels/copy/host_copy.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class CopyMemcpy final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "copy_memcpy"; }
  std::string_view operation() const noexcept override { return "copy"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_host_copy(cpu, pool, inputs[0].tensor, copy_with_memcpy);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(copy_memcpy, CopyMemcpy)

}  // namespace hetscope
