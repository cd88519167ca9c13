// empty_launch: what it costs to start work that does nothing and to learn that it is done. A roof for small
// operations: none is faster than its launch.  work = nothing
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class EmptyLaunch final : public Operation {
 public:
  std::string_view name() const noexcept override { return "empty_launch"; }
  std::span<const AxisSpec> axes() const override { return {}; }
  void validate(const Case&) const override {}
  std::vector<Operand> inputs(const Case&, std::uint64_t) const override { return {}; }
  std::vector<Expectation> reference(const Case&, std::span<const Operand>) const override { return {}; }
  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case&) const override { return {}; }
  std::optional<RoofKind> roof() const override { return RoofKind::launch; }
  std::vector<std::vector<std::pair<std::string, AxisValue>>> roof_axes() const override { return {{}}; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(empty_launch, EmptyLaunch)

}  // namespace hetscope
