// Products of a library behind the instrument's interface: each type's own way.
#include "kernels/dense/library_product.hpp"

#include <string>

#include "harness/core/error.hpp"
#include "kernels/dense/half_conversion.hpp"
#include "kernels/dense/library_run.hpp"
#include "kernels/dense/requantise.hpp"

namespace hetscope {
namespace {

class LibraryProduct : public LibraryRun {
 public:
  LibraryProduct(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                 const HostTensor& right, DType result)
      : LibraryRun(library, cpu, pool, left, right,
                   TensorView(result, Shape{left.shape()[0], right.shape()[1]}, Layout::row_major(2)), pool.size()) {}

 protected:
  std::int64_t m() const { return left().shape()[0]; }
  std::int64_t n() const { return right().shape()[1]; }
  std::int64_t k() const { return left().shape()[1]; }
};

class FloatProduct final : public LibraryProduct {
 public:
  FloatProduct(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
               const HostTensor& right)
      : LibraryProduct(library, cpu, pool, left, right, DType::f32) {}

 protected:
  void run_once() override {
    library().multiply(m(), n(), k(), left().as<float>(), right().as<float>(), RightOperand::plain,
                       result().as<float>());
  }
};

class IntegerProduct final : public LibraryProduct {
 public:
  IntegerProduct(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                 const HostTensor& right)
      : LibraryProduct(library, cpu, pool, left, right, DType::i32) {}

 protected:
  void run_once() override {
    library().multiply_i8(m(), n(), k(), left().as<std::int8_t>(), right().as<std::int8_t>(),
                          result().as<std::int32_t>());
  }
};

class RequantisedProduct final : public LibraryProduct {
 public:
  RequantisedProduct(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                     const HostTensor& right, float factor)
      : LibraryProduct(library, cpu, pool, left, right, DType::i8),
        factor_(factor),
        sums_(DType::i32, result().shape(), Layout::row_major(2)) {}

 protected:
  void run_once() override {
    auto* const sums = sums_.as<std::int32_t>();
    library().multiply_i8(m(), n(), k(), left().as<std::int8_t>(), right().as<std::int8_t>(), sums);
    requantise(std::span(sums, static_cast<std::size_t>(m() * n())), factor_, result().as<std::int8_t>());
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> all = LibraryProduct::operands();
    all.push_back({sums_.data(), sums_.size_bytes()});
    return all;
  }

 private:
  float factor_;
  HostTensor sums_;
};

class PreparedLibraryProduct final : public LibraryProduct {
 public:
  PreparedLibraryProduct(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                         const HostTensor& right)
      : LibraryProduct(library, cpu, pool, left, right, product_type(left.dtype())) {
    library.set_threads(pool.size());  // a layout may be for a number of threads
    std::string why_not;
    product_ = library.prepare(left.dtype(), m(), n(), k(), left.data(), &why_not);
    if (product_ == nullptr) throw Error(why_not);
  }

  std::int64_t prepared_bytes() const override { return static_cast<std::int64_t>(product_->prepared().size()); }

 protected:
  void run_once() override { product_->run(right().data(), result().data()); }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> all = LibraryProduct::operands();
    if (!product_->prepared().empty()) all.front() = product_->prepared();
    return all;
  }

 private:
  std::unique_ptr<PreparedProduct> product_;
};

class HalfProduct final : public LibraryProduct {
 public:
  HalfProduct(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
              const HostTensor& right)
      : LibraryProduct(library, cpu, pool, left, right, DType::f16),
        wide_left_(DType::f32, left.shape(), Layout::row_major(2)),
        wide_right_(DType::f32, right.shape(), Layout::row_major(2)),
        wide_result_(DType::f32, result().shape(), Layout::row_major(2)) {
    widen_halves(halves_of(left), wide_left_.as<float>());
  }

  std::int64_t prepared_bytes() const override { return static_cast<std::int64_t>(wide_left_.size_bytes()); }

 protected:
  void run_once() override {
    widen_halves(halves_of(right()), wide_right_.as<float>());
    library().multiply(m(), n(), k(), wide_left_.as<float>(), wide_right_.as<float>(), RightOperand::plain,
                       wide_result_.as<float>());
    const auto count = static_cast<std::size_t>(m() * n());
    round_to_halves(std::span(wide_result_.as<float>(), count), result().as<std::uint16_t>());
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> all = LibraryProduct::operands();
    for (const HostTensor* wide : {&wide_left_, &wide_right_, &wide_result_}) {
      all.push_back({wide->data(), wide->size_bytes()});
    }
    return all;
  }

 private:
  static std::span<const std::uint16_t> halves_of(const HostTensor& tensor) {
    return {tensor.as<std::uint16_t>(), static_cast<std::size_t>(tensor.shape().element_count())};
  }

  HostTensor wide_left_;
  HostTensor wide_right_;
  HostTensor wide_result_;
};

}  // namespace

Support support_of(const DenseLibrary& library, const char* name) {
  if (library.multiply != nullptr) return Support::yes();
  return Support::no(std::string(name) + " cannot be opened: " + library.why_not);
}

Support support_of(const DenseLibrary& library, const char* name, DType dtype, std::int64_t threads) {
  const Support support = support_of(library, name);
  if (!support) return support;
  if (dtype == DType::i8 && library.multiply_i8 == nullptr) {
    return Support::no(library.why_no_i8.empty() ? std::string(name) + " has no product of i8 with sums in i32"
                                                 : library.why_no_i8);
  }
  if (dtype == DType::f16 && threads > 1) {
    return Support::no(std::string(name) + " has no product of f16, and the conversions to f32 run on one thread");
  }
  return support;
}

std::unique_ptr<Runnable> make_library_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                               const HostTensor& left, const HostTensor& right) {
  if (left.dtype() == DType::i8) return std::make_unique<IntegerProduct>(library, cpu, pool, left, right);
  if (left.dtype() == DType::f16) return std::make_unique<HalfProduct>(library, cpu, pool, left, right);
  return std::make_unique<FloatProduct>(library, cpu, pool, left, right);
}

std::unique_ptr<Runnable> make_requantised_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                                   const HostTensor& left, const HostTensor& right, float factor) {
  return std::make_unique<RequantisedProduct>(library, cpu, pool, left, right, factor);
}

Support support_of_prepared(const DenseLibrary& library, const char* name, DType dtype, std::int64_t m, std::int64_t n,
                            std::int64_t k) {
  const Support support = support_of(library, name);
  if (!support) return support;
  std::string why_not = std::string(name) + " keeps no operands in a layout of its own";
  if (library.prepare != nullptr && library.prepare(dtype, m, n, k, nullptr, &why_not) != nullptr)
    return Support::yes();
  return Support::no(why_not);
}

std::unique_ptr<Runnable> make_prepared_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                                const HostTensor& left, const HostTensor& right) {
  return std::make_unique<PreparedLibraryProduct>(library, cpu, pool, left, right);
}

std::int64_t conversion_bytes(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k) {
  return dtype == DType::f16 ? 2 * m * k + 8 * (k * n + m * n) : 0;
}

}  // namespace hetscope
