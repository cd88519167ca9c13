// How an operand is read or written: which kind of memory holds it, in which layout, and through which index map.
// Kernels take views, not layouts of their own, so that the same kernel serves every layout, storage and folded data
// movement, and changing the view alone is the experiment.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/tensor/dtype.hpp"
#include "harness/tensor/index_map.hpp"
#include "harness/tensor/layout.hpp"
#include "harness/tensor/shape.hpp"

namespace hetscope {

enum class Storage { host, buffer, image2d, image_buffer };
std::string_view to_string(Storage storage);
Storage parse_storage(std::string_view name);

// Texels of images are RGBA: four elements each.
inline constexpr int kTexelLanes = 4;

struct Access {
  std::int64_t offset = 0;  // in elements of the storage
  bool valid = true;        // false: no storage is read, the element is `fill`
  int source = 0;           // which storage, where the view has several
  double fill = 0;
};

// Without a map a view is one tensor as it is stored. With one, its indices are those of the map's output, and the map
// says where they are read: in one stored tensor or, of a concatenation, in several, which have one type, layout and
// kind of storage.
class TensorView {
 public:
  TensorView(DType dtype, Shape shape, Layout layout, Storage storage = Storage::host);

  // What reading this view through `map` shows. The map's first source is this view's shape; a map of several sources
  // asks for a view without a map, and adds the others as storages. Throws Error when it does not fit.
  TensorView through(const IndexMap& map) const;
  // The same elements by the simplified map.
  TensorView simplified() const;

  DType dtype() const noexcept { return dtype_; }
  // The extents of its indices.
  const Shape& shape() const noexcept { return map_ ? map_->output() : stored_; }
  const Layout& layout() const noexcept { return layout_; }
  Storage storage() const noexcept { return storage_; }
  const std::optional<IndexMap>& map() const noexcept { return map_; }

  int storage_count() const noexcept { return map_ ? static_cast<int>(map_->sources().size()) : 1; }
  // The extents of the tensor in a storage.
  const Shape& stored_shape(int source = 0) const;
  std::int64_t storage_elements(int source = 0) const;
  std::int64_t storage_bytes(int source = 0) const;

  // Where the element at `index` lives. It prepares a map anew in each call: loops use a ViewEvaluator.
  Access access(std::span<const std::int64_t> index) const;
  // From this view's indices to offsets, in elements, into its storages, each of rank 1: layout and map in one, not
  // simplified. Throws Error where that takes more dimensions than a map has (a packed layout of rank 6).
  IndexMap offsets() const;

  friend bool operator==(const TensorView&, const TensorView&) = default;

 private:
  DType dtype_;
  Shape stored_;
  Layout layout_;
  Storage storage_;
  std::optional<IndexMap> map_;
};

// A view made ready for access on the host, element by element. It is not for inner loops. The view outlives it.
class ViewEvaluator {
 public:
  explicit ViewEvaluator(const TensorView& view);
  // Throws Error when `index` is outside a view with a map.
  Access at(std::span<const std::int64_t> index);

 private:
  const TensorView& view_;
  std::optional<IndexMapEvaluator> map_;
};

}  // namespace hetscope
