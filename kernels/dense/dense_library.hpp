// A library's dense product, opened at run time: what one would ship on a CPU, and what ours are compared with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "harness/tensor/dtype.hpp"

namespace hetscope {

// Of a product of `operands`: i8 makes i32, the reals their own.
inline DType product_type(DType operands) { return operands == DType::i8 ? DType::i32 : operands; }

// c (m x n) = a (m x k) b (k x n), row-major and without gaps, with an a that the library knows before it runs and may
// hold in a layout of its own.
class PreparedProduct {
 public:
  virtual ~PreparedProduct() = default;
  // Throws Error when the library reports a failure.
  virtual void run(const void* b, void* c) = 0;
  // a in that layout; empty: it is read where it is.
  virtual std::span<const std::byte> prepared() const = 0;
};

// How the right operand lies in memory: k x n, or n x k.
enum class RightOperand { plain, transposed };

struct DenseLibrary {
  // c (m x n) = a (m x k) b (k x n), row-major f32 without gaps.
  using Multiply = void(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b,
                        RightOperand stored, float* c);
  // The same of integers, with sums in i32.
  using MultiplyI8 = void(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                          std::int32_t* c);
  // The product of an a of `dtype`, f32 or i8, which outlives it. nullptr, with the reason, when the library has none;
  // nullptr for a: asks only, and what comes back cannot run.
  using Prepare = std::unique_ptr<PreparedProduct>(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k,
                                                   const void* a, std::string* why_not);
  using SetThreads = void(int threads);

  Multiply* multiply = nullptr;       // nullptr: not available, `why_not` says why
  MultiplyI8* multiply_i8 = nullptr;  // nullptr: it has none, or `why_no_i8` says why it is not used
  Prepare* prepare = nullptr;         // nullptr: it has none
  SetThreads* set_threads = nullptr;
  std::string identity;  // which code of which library runs: "OpenBLAS runs its SkylakeX code"
  std::string why_not;
  std::string why_no_i8;
};

// Each is opened once for the process, when it is first asked for: the libraries' threads outlive every user.
using OpenDenseLibrary = const DenseLibrary&();
const DenseLibrary& openblas_library();
const DenseLibrary& onednn_library();

}  // namespace hetscope
