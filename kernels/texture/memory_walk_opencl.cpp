// memory_walk_buffer, memory_walk_image2d and memory_walk_image_buffer: the same walk through an OpenCL buffer, through
// a texture (an image2d of RGBA texels) and through a buffer that is read as a texture of one row.
//   traffic: each texel read reads / texels times (nine times that by a stencil), 4 bytes a work-item written
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstring>
#include <string>
#include <vector>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/texels.hpp"
#include "kernels/texture/walk.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSource = "kernels/texture/memory_walk.cl";
constexpr std::int64_t kDefaultItems = std::int64_t{1} << 16;

class Runs final : public OpenClRunnable {
 public:
  Runs(OpenClProcessor& device, const Launch& launch, cl::Memory texels, cl::Buffer linear, cl::Buffer partial,
       std::size_t items)
      : OpenClRunnable(device, {launch}),
        texels_(std::move(texels)),
        linear_(std::move(linear)),
        partial_(std::move(partial)),
        items_(items) {}

  std::vector<HostTensor> outputs() override {
    std::vector<std::uint32_t> partial(items_);
    device().download(partial.data(), partial_, static_cast<std::int64_t>(partial.size() * sizeof(std::uint32_t)));
    std::uint32_t sum = 0;
    for (const std::uint32_t part : partial) sum += part;
    std::vector<HostTensor> result;
    result.emplace_back(DType::i32, Shape{1}, Layout::row_major(1));
    *result[0].as<std::uint32_t>() = sum;
    return result;
  }

 private:
  cl::Memory texels_;  // kernels do not keep their arguments alive
  cl::Buffer linear_;  // what an image buffer looks at
  cl::Buffer partial_;
  std::size_t items_;
};

std::string build_options(const Walk& walk, Storage storage, const ItemWalk& of_items) {
  std::string pattern(kWalkPatternNames[static_cast<std::size_t>(walk.pattern)]);
  std::string memory(to_string(storage));
  for (std::string* name : {&pattern, &memory}) {
    for (char& c : *name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return fmt::format("-D{} -D{}{} -DWIDTH_BITS={} -DHEIGHT_BITS={} -DPITCH={} -DSTEPS={} -DPASS_BITS={} -DROTATION={}u",
                     pattern, memory, walk.dtype == DType::f16 ? " -DHALF" : "", walk.width_bits, walk.height_bits,
                     walk.pitch(), of_items.steps, of_items.pass_bits, of_items.rotation);
}

cl::Buffer upload_rows(OpenClProcessor& device, const Walk& walk, const HostTensor& elements) {
  std::vector<std::byte> rows(static_cast<std::size_t>(walk.linear_bytes()));
  const auto row_bytes = static_cast<std::size_t>(walk.width() * walk.texel_bytes());
  const auto pitch_bytes = static_cast<std::size_t>(walk.pitch() * walk.texel_bytes());
  for (std::size_t y = 0; y < static_cast<std::size_t>(walk.height()); ++y) {
    std::memcpy(rows.data() + y * pitch_bytes, elements.data() + y * row_bytes, row_bytes);
  }
  cl::Buffer buffer = device.allocate(walk.linear_bytes(), CL_MEM_READ_ONLY);
  device.upload(buffer, rows.data(), walk.linear_bytes());
  return buffer;
}

template <Storage kStorage>
class MemoryWalkOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "memory_walk_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "memory_walk"; }
  bool uses_textures() const override { return kStorage != Storage::buffer; }
  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 1> kAxes = {
        AxisSpec{"items", AxisType::integer, "work-items, a power of two", AxisValue(kDefaultItems), {}, true, 1}};
    return kAxes;
  }
  Work executed_work(const Case& item, const Operation&) const override { return {Walk(item).bytes_read(), 0}; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const Walk walk(item);
    const std::int64_t items = item.integer("items");
    if (items > kMostItems || !std::has_single_bit(static_cast<std::uint64_t>(items))) {
      return Support::no(fmt::format("items={} is not a power of two up to {}", items, kMostItems));
    }
    const std::int64_t texels_an_item = walk.reads / std::min(items, walk.reads) * walk.texels_per_read();
    if (texels_an_item > kExactTexels) {
      return Support::no(fmt::format("a work-item would add up {} texels, and f32 is exact for {}: give more items",
                                     texels_an_item, kExactTexels));
    }
    if (kStorage == Storage::image2d) {
      return device.supports_image(walk.dtype, static_cast<std::size_t>(walk.width()),
                                   static_cast<std::size_t>(walk.height()));
    }
    if (walk.linear_bytes() > device.limits().max_allocation_bytes) {
      return Support::no(fmt::format("the rows need {} bytes, and one allocation holds {}", walk.linear_bytes(),
                                     device.limits().max_allocation_bytes));
    }
    if (kStorage == Storage::image_buffer) {
      return device.supports_image_buffer(walk.dtype, static_cast<std::size_t>(walk.pitch() * walk.height()));
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const Walk walk(item);
    const HostTensor& elements = inputs[0].tensor;
    cl::Buffer linear;
    cl::Memory texels;
    if constexpr (kStorage == Storage::image2d) {
      texels = upload_texels(device, elements, {walk.width(), walk.height()});
    } else {
      linear = upload_rows(device, walk, elements);
      texels = linear;
      if constexpr (kStorage == Storage::image_buffer) {
        texels =
            device.allocate_image_buffer(walk.dtype, static_cast<std::size_t>(walk.pitch() * walk.height()), linear);
      }
    }
    const std::int64_t wanted = std::min(item.integer("items"), walk.reads);
    const auto items = static_cast<std::size_t>(wanted);
    Launch launch;
    launch.kernel = device.kernel(kSource, embedded_text(opencl_source_files(), kSource), "memory_walk",
                                  build_options(walk, kStorage, ItemWalk(walk, wanted)));
    cl::Buffer partial = device.allocate(static_cast<std::int64_t>(items * sizeof(std::uint32_t)), CL_MEM_WRITE_ONLY);
    launch.kernel.setArg(0, texels);
    launch.kernel.setArg(1, partial);
    launch.global = cl::NDRange(items);
    launch.local = cl::NDRange(std::min(device.local_size(launch.kernel, kGroupItems), items));
    return std::make_unique<Runs>(device, launch, std::move(texels), std::move(linear), std::move(partial), items);
  }

 private:
  static constexpr std::int64_t kMostItems = std::int64_t{1} << 24;
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(memory_walk_buffer, MemoryWalkOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(memory_walk_image2d, MemoryWalkOpenCl<Storage::image2d>)
HETSCOPE_DEFINE_KERNEL(memory_walk_image_buffer, MemoryWalkOpenCl<Storage::image_buffer>)

}  // namespace hetscope
