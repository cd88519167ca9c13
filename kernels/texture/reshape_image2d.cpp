// reshape_image2d: a texture into a texture of another shape; x holds the two innermost dimensions, as frameworks for
// phones lay out width and channels.
// reshape_image2d_copy: a bound, no reshape: the result, made outside the clock, copied from texture to texture.
// reshape_buffer_copy: what an explicit copy in linear memory costs, where the reshape itself is free.
//   traffic: bytes read once and written once
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/reshape.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr int kReshapeDimsInX = 2;

struct Ends {
  explicit Ends(const Case& item)
      : dtype(parse_dtype(item.text("dtype"))), from(item.dims("shape")), to(item.dims("output")) {}
  DType dtype;
  Shape from;
  Shape to;
  TexelExtent from_extent;
  TexelExtent to_extent;

  Support fit(const OpenClProcessor& device) {
    Support fits = fit_texels(device, dtype, from, texel_layout(from.rank()), kReshapeDimsInX, from_extent);
    if (!fits) return fits;
    return fit_texels(device, dtype, to, texel_layout(to.rank()), kReshapeDimsInX, to_extent);
  }
  TensorView stored(const Shape& shape) const {
    return TensorView(dtype, shape, texel_layout(shape.rank()), Storage::image2d);
  }
};

class ReshapeImage2d final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "reshape_image2d"; }
  std::string_view operation() const noexcept override { return "reshape"; }
  bool uses_textures() const override { return true; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override { return Ends(item).fit(device); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    Ends ends(item);
    if (const Support fits = ends.fit(device); !fits) throw Declined(fits);
    return make_texel_movement(device, {inputs[0].tensor, ends.from_extent,
                                        ends.stored(ends.from).through(IndexMap::reshape(ends.from, ends.to)),
                                        texel_layout(ends.to.rank()), ends.to_extent});
  }
};

// The operation's result in the host's memory.
HostTensor reshaped(const Case& item, const HostTensor& source) {
  const Shape output(item.dims("output"));
  HostTensor result(source.dtype(), output, texel_layout(output.rank()));
  std::vector<std::int64_t> offsets;
  for_each_index(source.shape(), [&](std::span<const std::int64_t> index) {
    offsets.push_back(source.layout().offset(index, source.shape()));
  });
  std::size_t next = 0;
  for_each_index(output, [&](std::span<const std::int64_t> index) {
    result.set(result.layout().offset(index, output), source.get(offsets[next++]));
  });
  return result;
}

class ReshapeImage2dCopy final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "reshape_image2d_copy"; }
  std::string_view operation() const noexcept override { return "reshape"; }
  bool uses_textures() const override { return true; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override { return Ends(item).fit(device); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    Ends ends(item);
    if (const Support fits = ends.fit(device); !fits) throw Declined(fits);
    const HostTensor result = reshaped(item, inputs[0].tensor);
    return make_texel_movement(
        device, {result, ends.to_extent, ends.stored(ends.to), texel_layout(ends.to.rank()), ends.to_extent});
  }
};

class ReshapeBufferCopy final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "reshape_buffer_copy"; }
  std::string_view operation() const noexcept override { return "reshape"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const Shape output(item.dims("output"));
    return supports_buffer_copy(
        TensorView(parse_dtype(item.text("dtype")), output, texel_layout(output.rank())).storage_bytes(), device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_buffer_copy(device, reshaped(item, inputs[0].tensor));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(reshape_image2d, ReshapeImage2d)
HETSCOPE_DEFINE_KERNEL(reshape_image2d_copy, ReshapeImage2dCopy)
HETSCOPE_DEFINE_KERNEL(reshape_buffer_copy, ReshapeBufferCopy)

}  // namespace hetscope
