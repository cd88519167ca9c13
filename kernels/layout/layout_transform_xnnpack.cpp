// layout_transform_xnnpack: XNNPACK's transpose operator, opened at run time, with the library's own threads.
//   traffic: elements read once, storage written once
#include <cstring>
#include <vector>

#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/dense_permutation.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/xnnpack_transpose.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kXnnpackMaxRank = 6;

// The source with room behind it for what the library reads beyond its end. A base, so that it is there before the
// movement that reads it.
struct RoomySource {
  explicit RoomySource(const HostTensor& source)
      : roomy(source.dtype(),
              Shape{static_cast<std::int64_t>((source.size_bytes() + kXnnpackExtraBytes) / size_of(source.dtype()))},
              Layout::row_major(1)) {
    std::memcpy(roomy.data(), source.data(), source.size_bytes());
  }
  HostTensor roomy;
};

class XnnpackRuns final : private RoomySource, public HostMovement {
 public:
  XnnpackRuns(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : RoomySource(source),
        HostMovement(cpu, pool, roomy, HostTensor(problem.target), HostThreads::library),
        transpose_(dense_permutation_of(problem).value(), size_of(source.dtype()), pool.size(), roomy.data(),
                   target().data()) {}

  // The operator was set up with the addresses it has.
  bool write_outputs_to(std::span<HostTensor>) override { return false; }
  std::vector<Placement> placement() const override {
    std::vector<Placement> result = HostMovement::placement();
    for (Placement& placement : result) placement.evidence += "; " + XnnpackTranspose::identity();
    return result;
  }

 protected:
  void run_once() override { transpose_.execute(); }

 private:
  XnnpackTranspose transpose_;
};

class LayoutTransformXnnpack final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_xnnpack"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case& item) const override {
    if (!XnnpackTranspose::why_not().empty()) {
      return Support::no("XNNPACK cannot be opened: " + XnnpackTranspose::why_not());
    }
    const auto permutation = dense_permutation_of(LayoutTransformProblem(item));
    if (!permutation) return Support::no("its transpose neither makes nor drops padding");
    if (permutation->extents.size() > kXnnpackMaxRank) {
      return Support::no("its transpose has at most " + std::to_string(kXnnpackMaxRank) + " dimensions");
    }
    return Support::yes();
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<XnnpackRuns>(cpu, pool, LayoutTransformProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_xnnpack, LayoutTransformXnnpack)

}  // namespace hetscope
