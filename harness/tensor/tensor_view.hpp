// How an operand is read or written: which kind of memory holds it, in which layout. Kernels take views, not layouts of
// their own, so that the same kernel serves every layout and storage, and changing the view alone is the experiment.
#pragma once

#include <string>
#include <string_view>

#include "harness/tensor/dtype.hpp"
#include "harness/tensor/layout.hpp"
#include "harness/tensor/shape.hpp"

namespace hetscope {

enum class Storage { host, buffer, image2d };
std::string_view to_string(Storage storage);
Storage parse_storage(std::string_view name);

// image2d texels are RGBA: four elements each.
inline constexpr int kTexelLanes = 4;

struct Access {
  std::int64_t offset = 0;  // in elements of the storage
  bool valid = true;        // false: outside the tensor, the view's fill value is read
};

class TensorView {
 public:
  TensorView(DType dtype, Shape shape, Layout layout, Storage storage = Storage::host);

  DType dtype() const noexcept { return dtype_; }
  const Shape& shape() const noexcept { return shape_; }
  const Layout& layout() const noexcept { return layout_; }
  Storage storage() const noexcept { return storage_; }

  std::int64_t storage_elements() const;
  std::int64_t storage_bytes() const;
  // Where the element at the logical `index` lives.
  Access access(std::span<const std::int64_t> index) const;

  friend bool operator==(const TensorView&, const TensorView&) = default;

 private:
  DType dtype_;
  Shape shape_;
  Layout layout_;
  Storage storage_;
};

}  // namespace hetscope
