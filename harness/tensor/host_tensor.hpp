// A tensor in the host's memory: a view and its bytes, 64-byte aligned. It is what operations make their inputs in,
// what host kernels compute on and what results are downloaded into for verification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

class HostTensor {
 public:
  // Zeroed. Throws Error when the memory cannot be had, or for a view with an index map: that is a way to read a
  // tensor.
  explicit HostTensor(TensorView view);
  HostTensor(DType dtype, Shape shape, Layout layout);
  // A tensor in memory that belongs to somebody else and outlives it: `bytes` are at least the view's storage_bytes().
  static HostTensor borrowing(TensorView view, std::byte* bytes);
  HostTensor(HostTensor&&) noexcept = default;
  HostTensor& operator=(HostTensor&&) noexcept = default;

  const TensorView& view() const noexcept { return view_; }
  DType dtype() const noexcept { return view_.dtype(); }
  const Shape& shape() const noexcept { return view_.shape(); }
  const Layout& layout() const noexcept { return view_.layout(); }

  std::size_t size_bytes() const noexcept { return size_bytes_; }
  std::byte* data() noexcept { return bytes_.get(); }
  const std::byte* data() const noexcept { return bytes_.get(); }
  template <class T>
  T* as() noexcept {
    return reinterpret_cast<T*>(bytes_.get());
  }
  template <class T>
  const T* as() const noexcept {
    return reinterpret_cast<const T*>(bytes_.get());
  }

  // One element of the storage, by its offset, as a real; i8 and i32 by their integer value.
  double get(std::int64_t offset) const;
  void set(std::int64_t offset, double value);

  // Every element (padding stays zero) from `random`: reals uniform in [-1, 1), rounded to the dtype; i8 in [-127,
  // 127].
  void fill_random(Random& random);
  // Every byte of the storage.
  void fill(std::byte value) { std::memset(data(), std::to_integer<int>(value), size_bytes()); }
  HostTensor clone() const;

 private:
  struct Free {
    void operator()(std::byte* bytes) const noexcept;
    bool owns;
  };
  HostTensor(TensorView view, std::unique_ptr<std::byte[], Free> bytes);
  TensorView view_;
  std::size_t size_bytes_ = 0;
  std::unique_ptr<std::byte[], Free> bytes_{nullptr, Free{true}};
};

// Calls visit(index) for every logical index in row-major order. The span is valid during the call only.
template <class Visit>
void for_each_index(const Shape& shape, Visit&& visit) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()), 0);
  for (std::int64_t n = 0; n < shape.element_count(); ++n) {
    visit(std::span<const std::int64_t>(index));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      auto& i = index[static_cast<std::size_t>(axis)];
      if (++i < shape[axis]) break;
      i = 0;
    }
  }
}

// Every element as a real, in row-major order of its index, whatever the layout.
std::vector<double> row_major_values(const HostTensor& tensor);

}  // namespace hetscope
