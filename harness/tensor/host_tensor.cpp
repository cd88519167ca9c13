// Memory, element access and reproducible contents of a tensor on the host.
#include "harness/tensor/host_tensor.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/core/units.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kAlignment = 64;

// Rounds to odd on the way to f32, so that the second rounding, to f16, sees on which side of a tie the value was.
float f32_for_f16(double value) {
  const auto nearest = static_cast<float>(value);
  if (!std::isfinite(nearest) || static_cast<double>(nearest) == value) return nearest;
  const auto bits = std::bit_cast<std::uint32_t>(nearest);
  if ((bits & 1u) != 0) return nearest;
  const bool went_up = static_cast<double>(nearest) > value;
  return std::nextafterf(nearest,
                         went_up ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity());
}

template <class Integer>
Integer saturated(double value) {
  if (std::isnan(value)) return 0;
  const double low = std::numeric_limits<Integer>::min();
  const double high = std::numeric_limits<Integer>::max();
  return static_cast<Integer>(std::clamp(std::nearbyint(value), low, high));
}

double physical_memory_bytes() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double random_element(DType dtype, Random& random) {
  if (dtype == DType::i8 || dtype == DType::i32) return static_cast<double>(random.below(255)) - 127.0;
  return 2.0 * random.uniform() - 1.0;
}

}  // namespace

void HostTensor::Free::operator()(std::byte* bytes) const noexcept {
  if (owns) std::free(bytes);
}

HostTensor::HostTensor(TensorView view, std::unique_ptr<std::byte[], Free> bytes)
    : view_(std::move(view)), size_bytes_(static_cast<std::size_t>(view_.storage_bytes())), bytes_(std::move(bytes)) {}

HostTensor HostTensor::borrowing(TensorView view, std::byte* bytes) {
  return HostTensor(std::move(view), std::unique_ptr<std::byte[], Free>(bytes, Free{.owns = false}));
}

HostTensor::HostTensor(TensorView view)
    : view_(std::move(view)), size_bytes_(static_cast<std::size_t>(view_.storage_bytes())) {
  if (view_.map()) throw Error("a tensor is stored without an index map", "shape " + view_.shape().to_string());
  void* memory = nullptr;
  // Asked for first, because a system that overcommits grants any size and kills the process when it is touched.
  const bool fits = static_cast<double>(size_bytes_) <= physical_memory_bytes();
  if (!fits || posix_memalign(&memory, kAlignment, divided_up(size_bytes_, kAlignment) * kAlignment) != 0) {
    throw Error("no memory for a tensor of " + format_bytes(static_cast<double>(size_bytes_)),
                "shape " + view_.shape().to_string(), "use a smaller shape");
  }
  std::memset(memory, 0, size_bytes_);
  bytes_.reset(static_cast<std::byte*>(memory));
}

HostTensor::HostTensor(DType dtype, Shape shape, Layout layout)
    : HostTensor(TensorView(dtype, std::move(shape), std::move(layout))) {}

double HostTensor::get(std::int64_t offset) const {
  assert(offset >= 0 && static_cast<std::size_t>(offset) < size_bytes_ / size_of(dtype()));
  switch (dtype()) {
    case DType::f32:
      return as<float>()[offset];
    case DType::f16:
      return f32_from_f16(as<std::uint16_t>()[offset]);
    case DType::i8:
      return as<std::int8_t>()[offset];
    case DType::i32:
      return as<std::int32_t>()[offset];
  }
  return 0;
}

void HostTensor::set(std::int64_t offset, double value) {
  assert(offset >= 0 && static_cast<std::size_t>(offset) < size_bytes_ / size_of(dtype()));
  switch (dtype()) {
    case DType::f32:
      as<float>()[offset] = static_cast<float>(value);
      return;
    case DType::f16:
      as<std::uint16_t>()[offset] = f16_from_f32(f32_for_f16(value));
      return;
    case DType::i8:
      as<std::int8_t>()[offset] = saturated<std::int8_t>(value);
      return;
    case DType::i32:
      as<std::int32_t>()[offset] = saturated<std::int32_t>(value);
      return;
  }
}

void HostTensor::fill_random(Random& random) {
  // The values follow the logical order, so that the same seed gives the same tensor in every layout.
  if (layout() == Layout::row_major(shape().rank())) {
    for (std::int64_t i = 0; i < shape().element_count(); ++i) set(i, random_element(dtype(), random));
    return;
  }
  for_each_index(shape(), [&](std::span<const std::int64_t> index) {
    set(view_.access(index).offset, random_element(dtype(), random));
  });
}

HostTensor HostTensor::clone() const {
  HostTensor copy(view_);
  std::memcpy(copy.data(), data(), size_bytes_);
  return copy;
}

std::vector<double> row_major_values(const HostTensor& tensor) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(tensor.shape().element_count()));
  for_each_index(tensor.shape(), [&](std::span<const std::int64_t> index) {
    values.push_back(tensor.get(tensor.layout().offset(index, tensor.shape())));
  });
  return values;
}

}  // namespace hetscope
