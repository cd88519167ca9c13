// copy_bandwidth_stream: vector loads and non-temporal stores, the fastest copy once the target leaves the caches.
//   traffic: bytes / 2 read, bytes / 2 written, nothing fetched for the stores
#include "kernels/copy/host_copy.hpp"
#include "kernels/probe/stream_copy.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class CopyBandwidthStream final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "copy_bandwidth_stream"; }
  std::string_view operation() const noexcept override { return "copy_bandwidth"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_host_copy(cpu, pool, inputs[0].tensor, copy_with_streaming_stores);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(copy_bandwidth_stream, CopyBandwidthStream)

}  // namespace hetscope
