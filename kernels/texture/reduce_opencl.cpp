// reduce_buffer and reduce_image2d: the same source through a buffer and through a texture, in any layout that packs a
// dimension by four. Where that dimension is summed over, an item walks its texels; else it makes four results.
//   traffic: each texel read once for its four elements where the compiler sees that they are one, else up to four
//   times from the cache; results written once
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "harness/tensor/view_access.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/reduce.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kReduceSource = "kernels/texture/reduce.cl";
constexpr int kReduceDimsInX = 1;

// Dimensions by the role that reduce.cl gives them.
struct Roles {
  Roles(const Case& item, const Layout& layout) : shape(item.dims("shape")), packed(layout.packed_dim()) {
    const int reduced = static_cast<int>(item.integer("reduced"));
    over_lanes = reduced == packed;
    std::vector<int> others;
    for (int dim = 0; dim < kReducedRank; ++dim) {
      if (dim != packed && dim != reduced) others.push_back(dim);
    }
    a = others[0];
    b = over_lanes ? others[1] : reduced;
    const int other = over_lanes ? b : packed;
    // Of the row-major result, whose dimensions are a and `other`.
    a_stride = a < other ? shape[other] : 1;
    other_stride = a < other ? 1 : shape[a];
  }

  std::int64_t groups() const { return divided_up(shape[packed], kTexelLanes); }
  std::int64_t columns() const { return over_lanes ? shape[b] : groups(); }

  // `stored` by (a, b, group, lane); what pads the packed dimension reads as 0.
  TensorView view(const TensorView& stored) const {
    std::vector<std::int64_t> behind(kReducedRank, 0);
    behind[static_cast<std::size_t>(packed)] = groups() * kTexelLanes - shape[packed];
    const IndexMap padded = IndexMap::pad(shape, std::vector<std::int64_t>(kReducedRank, 0), behind, 0);
    const std::array<int, kReducedRank> order = {a, b, packed};
    const IndexMap turned = IndexMap::transpose(padded.output(), order);
    return stored.through(padded)
        .through(turned)
        .through(IndexMap::reshape(turned.output(), Shape{shape[a], shape[b], groups(), kTexelLanes}))
        .simplified();
  }

  std::string options() const {
    return fmt::format("{}-DA={} -DB={} -DGROUPS={} -DPACKED={} -DA_STRIDE={} -DOTHER_STRIDE={}",
                       over_lanes ? "-DOVER_LANES " : "", shape[a], shape[b], groups(), shape[packed], a_stride,
                       other_stride);
  }

  Shape shape;
  int packed;
  bool over_lanes = false;
  int a = 0;
  int b = 0;
  std::int64_t a_stride = 1;
  std::int64_t other_stride = 1;
};

template <Storage kStorage>
class ReduceOpenClRuns final : public OpenClRunnable {
 public:
  ReduceOpenClRuns(OpenClProcessor& device, Launch launch, cl::Memory source, cl::Buffer target, Shape output)
      : OpenClRunnable(device, {std::move(launch)}),
        source_(std::move(source)),
        target_(std::move(target)),
        output_(std::move(output)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::f32, output_, Layout::row_major(output_.rank()));
    device().download(result[0].data(), target_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }

 protected:
  // Textures cross in no way that is known here.
  std::vector<DeviceOperand> shared_operands() const override {
    if constexpr (kStorage != Storage::buffer) return {};
    return {{DeviceOperand::Direction::input, 0, cl::Buffer(source_(), true), {{0, 0}}},
            {DeviceOperand::Direction::output, 0, target_, {{0, 1}}}};
  }

 private:
  cl::Memory source_;  // kernels do not keep their arguments alive
  cl::Buffer target_;
  Shape output_;
};

template <Storage kStorage>
class ReduceOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "reduce_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "reduce"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const Layout layout = Layout::parse(item.text("layout"), kReducedRank);
    const TensorView stored = stored_view(item);
    if (!layout.is_packed() || layout.lanes() != kTexelLanes) {
      return Support::no(fmt::format("layout {} packs no dimension by {}", layout.name(), kTexelLanes));
    }
    if constexpr (kStorage == Storage::image2d) {
      TexelExtent extent;
      return fit_texels(device, stored.dtype(), stored.shape(), layout, kReduceDimsInX, extent);
    }
    if (stored.storage_bytes() <= device.limits().max_allocation_bytes) return Support::yes();
    return Support::no(fmt::format("the operand needs {} bytes, and one allocation holds {}", stored.storage_bytes(),
                                   device.limits().max_allocation_bytes));
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const HostTensor& tensor = inputs[0].tensor;
    const Roles roles(item, tensor.layout());
    TexelExtent extent;
    cl::Memory source;
    if constexpr (kStorage == Storage::image2d) {
      const Support fits = fit_texels(device, tensor.dtype(), tensor.shape(), tensor.layout(), kReduceDimsInX, extent);
      if (!fits) throw Declined(fits);
      source = upload_texels(device, tensor, extent);
    } else {
      const auto bytes = static_cast<std::int64_t>(tensor.size_bytes());
      const cl::Buffer buffer = device.allocate(bytes, CL_MEM_READ_ONLY);
      device.upload(buffer, tensor.data(), bytes);
      source = buffer;
    }
    const Shape output = reduced_shape(item);
    cl::Buffer target = device.allocate(4 * output.element_count(), CL_MEM_WRITE_ONLY);
    Launch launch;
    launch.kernel =
        device.kernel(kReduceSource, source_text(roles.view(stored_view(item)), extent), "reduce", roles.options());
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    const std::size_t items = device.local_size(launch.kernel, kGroupItems);
    const auto columns = static_cast<std::size_t>(roles.columns());
    launch.global = cl::NDRange(divided_up(columns, items) * items, static_cast<std::size_t>(roles.shape[roles.a]));
    launch.local = cl::NDRange(items, 1);
    return std::make_unique<ReduceOpenClRuns<kStorage>>(device, std::move(launch), std::move(source), std::move(target),
                                                        output);
  }

 private:
  static TensorView stored_view(const Case& item) {
    return TensorView(parse_dtype(item.text("dtype")), Shape(item.dims("shape")),
                      Layout::parse(item.text("layout"), kReducedRank), kStorage);
  }
  static std::string source_text(const TensorView& view, const TexelExtent& extent) {
    try {
      return print_view_access(view, {"source", ViewDirection::read, true, extent.width}).text +
             std::string(embedded_text(opencl_source_files(), kReduceSource));
    } catch (const Error& error) {
      throw Declined(Support::no(error.what()));
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(reduce_buffer, ReduceOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(reduce_image2d, ReduceOpenCl<Storage::image2d>)

}  // namespace hetscope
