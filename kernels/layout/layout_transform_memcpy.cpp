// layout_transform_memcpy: a bound, not a transform. The transformed tensor is made outside the clock, and inside it
// the C library copies it: what moving as many bytes costs where nothing has to turn. In a group with transforms its
// time says how much of the copy bandwidth they reach.
//   traffic: the target's bytes, padding included, read once and written once
#include "kernels/copy/host_copy.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Keeps the tensor that the copy reads.
class Bound final : public Runnable {
 public:
  Bound(HostCpu& cpu, ThreadPool& pool, HostTensor transformed)
      : transformed_(std::move(transformed)), copy_(make_host_copy(cpu, pool, transformed_, copy_with_memcpy)) {}

  void enter() override { copy_->enter(); }
  void leave() override { copy_->leave(); }
  void run(std::int64_t iterations) override { copy_->run(iterations); }
  Support evict() override { return copy_->evict(); }
  std::vector<HostTensor> outputs() override { return copy_->outputs(); }
  std::int64_t prepared_bytes() const override { return static_cast<std::int64_t>(transformed_.size_bytes()); }
  std::vector<Placement> placement() const override { return copy_->placement(); }

 private:
  HostTensor transformed_;
  std::unique_ptr<Runnable> copy_;
};

class LayoutTransformMemcpy final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_memcpy"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

  Work executed_work(const Case& item, const Operation&) const override {
    return {2 * LayoutTransformProblem(item).target.storage_bytes(), 0};
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    HostTensor transformed(LayoutTransformProblem(item).target);
    copy_elements(inputs[0].tensor, transformed);
    return std::make_unique<Bound>(cpu, pool, std::move(transformed));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_memcpy, LayoutTransformMemcpy)

}  // namespace hetscope
