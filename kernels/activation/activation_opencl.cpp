// activation_buffer: items follow the target's storage, and the source is read through a view by that place: writes are
// neighbours whatever the layouts are.
// activation_image2d: a texture into a texture, both packed by four; of one layout, texels go whole.
//   traffic: elements read once, in a texture each texel up to four times from its cache where the layout changes;
//   storage written once
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/tensor/view_access.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/copy/buffer_movement.hpp"
#include "kernels/elimination/activation_functions.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kActivateSource = "kernels/activation/activate.cl";
constexpr int kActivationDimsInX = 1;

// The storage of a tensor as it lies.
TensorView line_of(const TensorView& stored) {
  return {stored.dtype(), Shape{stored.storage_elements()}, Layout::row_major(1), stored.storage()};
}

// `source` by the place in `target`'s storage of what is made of it.
TensorView by_place(const TensorView& source, const TensorView& target) {
  if (source.layout() == target.layout()) return line_of(source);
  const TensorView ordered = in_storage_order(source, target.layout());
  return ordered.through(IndexMap::reshape(ordered.shape(), line_of(target).shape())).simplified();
}

class ActivationBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "activation_buffer"; }
  std::string_view operation() const noexcept override { return "activation"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const ActivationProblem problem(item, Storage::buffer);
    const bool is_packed = problem.source.layout().is_packed() || problem.target.layout().is_packed();
    if (!problem.keeps_layout() && is_packed && problem.source.shape().rank() == IndexMap::kMaxRank) {
      return Support::no("lanes are a dimension of their own: a view into another layout takes 5 beside them");
    }
    const std::int64_t bytes = std::max(problem.source.storage_bytes(), problem.target.storage_bytes());
    if (bytes <= device.limits().max_allocation_bytes) return Support::yes();
    return Support::no(fmt::format("one operand needs {} bytes, and one allocation holds {}", bytes,
                                   device.limits().max_allocation_bytes));
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const ActivationProblem problem(item, Storage::buffer);
    const std::string text = source_text(problem);
    cl::Buffer source = device.allocate(problem.source.storage_bytes(), CL_MEM_READ_ONLY);
    device.upload(source, inputs[0].tensor.data(), problem.source.storage_bytes());
    cl::Buffer target = device.allocate(problem.target.storage_bytes(), CL_MEM_WRITE_ONLY);
    Launch launch;
    launch.kernel = device.kernel(kActivateSource, text, "activate",
                                  fmt::format("-DFUNCTION={}", function_of_element(problem.function)));
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    launch.kernel.setArg(2, static_cast<cl_int>(problem.target.storage_elements()));
    const std::size_t items = device.local_size(launch.kernel, kGroupItems);
    const auto places = static_cast<std::size_t>(problem.target.storage_elements());
    launch.global = cl::NDRange(divided_up(places, items) * items);
    launch.local = cl::NDRange(items);
    return std::make_unique<BufferMovement>(
        device, std::vector<Launch>{launch}, std::move(source), std::move(target),
        TensorView(problem.target.dtype(), problem.target.shape(), problem.target.layout()));
  }

 private:
  static std::string source_text(const ActivationProblem& problem) {
    try {
      return print_view_access(by_place(problem.source, problem.target), {"source", ViewDirection::read}).text +
             print_view_access(line_of(problem.target), {"target", ViewDirection::write}).text +
             activation_functions() + std::string(embedded_text(opencl_source_files(), kActivateSource));
    } catch (const Error& error) {
      throw Declined(Support::no(error.what()));
    }
  }
};

class ActivationImage2d final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "activation_image2d"; }
  std::string_view operation() const noexcept override { return "activation"; }
  bool uses_textures() const override { return true; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    TexelExtent from;
    TexelExtent to;
    return fit(ActivationProblem(item), device, from, to);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const ActivationProblem problem(item, Storage::image2d);
    TexelExtent from;
    TexelExtent to;
    if (const Support fits = fit(problem, device, from, to); !fits) throw Declined(fits);
    return make_texel_movement(device, {inputs[0].tensor,
                                        from,
                                        problem.source,
                                        problem.target.layout(),
                                        to,
                                        {std::string(function_of_element(problem.function)), activation_functions()}});
  }

 private:
  static Support fit(const ActivationProblem& problem, const OpenClProcessor& device, TexelExtent& from,
                     TexelExtent& to) {
    const Shape& shape = problem.source.shape();
    if (shape.rank() > kMaxTexelRank) return Support::no("an image takes tensors of rank 1 to 5");
    const DType dtype = problem.source.dtype();
    Support fits = fit_texels(device, dtype, shape, problem.source.layout(), kActivationDimsInX, from);
    return fits ? fit_texels(device, dtype, shape, problem.target.layout(), kActivationDimsInX, to) : fits;
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(activation_buffer, ActivationBuffer)
HETSCOPE_DEFINE_KERNEL(activation_image2d, ActivationImage2d)

}  // namespace hetscope
