// Generated access on every OpenCL device of this machine: one kernel source copies what views show, whatever their
// storage, layout and map.
#include <gtest/gtest.h>

#include "harness/kernel/opencl_kernel.hpp"
#include "harness/tensor/host_tensor.hpp"
#include "harness/tensor/view_access.hpp"

namespace hetscope {
namespace {

constexpr const char* kSource = R"(
__kernel void copy_view(X_PARAMETERS, Y_PARAMETERS) {
  const int row = (int)get_global_id(1);
  const int column = (int)get_global_id(0);
  write_y(Y_ARGUMENTS, row, column, read_x(X_ARGUMENTS, row, column));
}
)";

constexpr const char* kSourceWithBases = R"(
__kernel void copy_view(X_PARAMETERS, Y_PARAMETERS) {
  const int row = (int)get_global_id(1);
  const int column = (int)get_global_id(0);
  const X_BASE from = base_x(row);
  const Y_BASE to = base_y(row);
  write_y(Y_ARGUMENTS, to, row, column, read_x(X_ARGUMENTS, from, row, column));
}
)";

struct Storages {
  cl::Buffer buffer;
  cl::Image2D image;
  cl::Image1DBuffer line;
};

// Fills one storage with `tensor`, in rows of `width` texels where it is an image.
Storages upload(OpenClProcessor& device, const HostTensor& tensor, const TensorView& view, std::int64_t width) {
  Storages result;
  std::vector<std::byte> bytes(static_cast<std::size_t>(view.storage_bytes()));
  std::copy_n(tensor.data(), tensor.size_bytes(), bytes.begin());
  const auto size = static_cast<std::int64_t>(bytes.size());
  const auto texels = static_cast<std::size_t>(view.storage_elements() / kTexelLanes);
  if (view.storage() == Storage::image2d) {
    const std::size_t columns = static_cast<std::size_t>(width);
    const std::size_t rows = (texels + columns - 1) / columns;
    bytes.resize(columns * rows * kTexelLanes * size_of(view.dtype()));
    result.image = device.allocate_image(view.dtype(), columns, rows);
    device.queue().enqueueWriteImage(result.image, CL_TRUE, {0, 0, 0}, {columns, rows, 1}, 0, 0, bytes.data());
    return result;
  }
  result.buffer = device.allocate(size);
  device.upload(result.buffer, bytes.data(), size);
  if (view.storage() == Storage::image_buffer) {
    result.line = cl::Image1DBuffer(device.context(), CL_MEM_READ_ONLY, cl::ImageFormat(CL_RGBA, CL_FLOAT), texels,
                                    result.buffer);
  }
  return result;
}

void expect_copied(OpenClProcessor& device, const TensorView& read, const TensorView& write) {
  SCOPED_TRACE(std::string(to_string(read.storage())) + " " + read.layout().name() + " as " + read.shape().to_string());
  constexpr std::int64_t kWidth = 7;
  HostTensor source(TensorView(DType::f32, read.stored_shape(), read.layout()));
  Random random(3);
  source.fill_random(random);
  const Storages from = upload(device, source, read, kWidth);
  HostTensor target(TensorView(DType::f32, write.stored_shape(), write.layout()));
  const auto target_bytes = static_cast<std::int64_t>(target.size_bytes());
  const cl::Buffer to = device.allocate(target_bytes);
  for (const auto& [simplifies, has_base] : {std::pair(false, false), {true, false}, {false, true}, {true, true}}) {
    SCOPED_TRACE(has_base ? "with a row base" : "whole offsets");
    std::vector<std::byte> zeros(static_cast<std::size_t>(target_bytes));
    device.upload(to, zeros.data(), target_bytes);
    const std::string text = print_view_access(read, {"x", ViewDirection::read, simplifies, kWidth, has_base}).text +
                             print_view_access(write, {"y", ViewDirection::write, simplifies, 0, has_base}).text +
                             (has_base ? kSourceWithBases : kSource);
    cl::Kernel kernel = device.kernel("copy_view", text, "copy_view");
    if (read.storage() == Storage::image2d) {
      kernel.setArg(0, from.image);
    } else if (read.storage() == Storage::image_buffer) {
      kernel.setArg(0, from.line);
    } else {
      kernel.setArg(0, from.buffer);
    }
    kernel.setArg(1, to);
    device.queue().enqueueNDRangeKernel(
        kernel, cl::NullRange,
        cl::NDRange(static_cast<std::size_t>(read.shape()[1]), static_cast<std::size_t>(read.shape()[0])));
    device.download(target.data(), to, target_bytes);
    for_each_index(read.shape(), [&](std::span<const std::int64_t> index) {
      ASSERT_EQ(target.get(write.access(index).offset), source.get(read.access(index).offset));
    });
  }
}

void expect_every_view(OpenClProcessor& device, Storage storage) {
  const Shape stored{3, 5, 8};
  const IndexMap chain =
      compose(IndexMap::reshape(Shape{5, 3, 8}, Shape{5, 24}), IndexMap::transpose(stored, std::vector<int>{1, 0, 2}));
  const IndexMap gathered = compose(IndexMap::gather(Shape{5, 24}, 0, {4, 1, 3, 0, 2}), chain);
  const TensorView write = TensorView(DType::f32, Shape{24, 5}, Layout({0, 1}, 1, 4), Storage::buffer)
                               .through(IndexMap::transpose(Shape{24, 5}, std::vector<int>{1, 0}));
  const TensorView packed(DType::f32, stored, Layout::parse("order:0,1,2/p1x4", 3), storage);
  const TensorView turned(DType::f32, stored, Layout::parse("order:2,0,1", 3), storage);
  expect_copied(device, packed.through(chain), write);
  expect_copied(device, turned.through(gathered), write);
}

// On every OpenCL device of this machine; the number of them that took part.
template <class Check>
int on_every_device(Check&& check) {
  ProcessorSet processors;
  int devices = 0;
  for (const ProcessorInfo& info : processors.discover().found) {
    if (info.program_model != ProgramModel::opencl_c) continue;
    auto& device = dynamic_cast<OpenClProcessor&>(processors.at(info.name));
    SCOPED_TRACE(info.name);
    try {
      if (check(device)) ++devices;
    } catch (const cl::Error& error) {
      ADD_FAILURE() << error.what() << " " << opencl_error_name(error.err());
    }
  }
  return devices;
}

TEST(OpenClViewAccess, OneSourceReadsEveryLayoutAndMap) {
  const int devices = on_every_device([](OpenClProcessor& device) {
    expect_every_view(device, Storage::buffer);
    return true;
  });
  if (devices == 0) GTEST_SKIP() << "this machine has no OpenCL device";
}

// The simulator does not follow what is written into an image, and would call every texel uninitialised.
TEST(ImageViewAccess, OneSourceReadsImagesToo) {
  const int devices = on_every_device([](OpenClProcessor& device) {
    if (!device.supports_image(DType::f32, 64, 64)) return false;
    expect_every_view(device, Storage::image2d);
    expect_every_view(device, Storage::image_buffer);
    return true;
  });
  if (devices == 0) GTEST_SKIP() << "no OpenCL device of this machine reads images of f32";
}

}  // namespace
}  // namespace hetscope
