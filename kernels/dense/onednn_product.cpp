// oneDNN's matmul primitive, in releases 2 and 3.
#include "kernels/dense/onednn_product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/tensor/tensor_view.hpp"
#include "kernels/dense/onednn_library.hpp"
#include "kernels/layout/onednn_primitive.hpp"

namespace hetscope {
namespace {

// Release 3 has the first, release 2 the other.
using CreateProduct = int(OneDnnHandle*, OneDnnHandle, const void* source, const void* weights, const void* bias,
                          const void* target, const void* attributes);
using InitProduct = int(void*, const void* source, const void* weights, const void* bias, const void* target);

class OneDnnProduct final : public PreparedProduct {
 public:
  void run(const void* b, void* c) override {
    if (b != b_ || c != c_) {
      // The library takes writable memory for what it only reads.
      if (!primitive_.move_argument(kOneDnnWeights, const_cast<void*>(b)) ||
          !primitive_.move_argument(kOneDnnTarget, c)) {
        throw Error("the library cannot be told where its operands are", open_onednn().identity);
      }
      b_ = b;
      c_ = c;
    }
    primitive_.execute("matmul");
  }
  std::span<const std::byte> prepared() const override { return prepared_; }

  // What the library refuses; "" when it is ready.
  std::string prepare(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, const void* a) {
    OneDnnDescription any, plain, right, result;
    const std::array<std::int64_t, 2> left = {m, k};
    const auto describe = [](OneDnnDescription& description, DType type, std::int64_t rows, std::int64_t columns) {
      return description.describe(TensorView(type, Shape{rows, columns}, Layout::row_major(2)));
    };
    if (!any.describe_any(dtype, left) || !describe(plain, dtype, m, k) || !describe(right, dtype, k, n) ||
        !describe(result, product_type(dtype), m, n) || !primitive_.open() ||
        !primitive_.describe(describe_product(any, right, result, primitive_.engine()))) {
      return "has no matmul primitive";
    }
    if (a == nullptr) return {};
    if (!primitive_.create()) return "cannot make its matmul primitive";
    const void* const wanted = primitive_.wanted(kOneDnnWantedSource);
    if (wanted == nullptr) return "does not say which layout its matmul primitive wants";
    const OneDnnFunctions& f = onednn_functions();
    if (f.is_same != nullptr && f.is_same(wanted, plain.get()) != 0) {
      // The library takes writable memory for what it only reads.
      if (!primitive_.set_argument(kOneDnnSource, plain.get(), const_cast<void*>(a))) return "takes no left operand";
    } else {
      if (!primitive_.bring_argument(kOneDnnSource, plain.get(), a, wanted)) return "cannot reorder the left operand";
      prepared_ = primitive_.brought(kOneDnnSource);
    }
    const bool is_ready = primitive_.set_argument(kOneDnnWeights, right.get(), nullptr) &&
                          primitive_.set_argument(kOneDnnTarget, result.get(), nullptr);
    return is_ready ? "" : "takes no right operand or result";
  }

 private:
  OneDnnPrimitive primitive_;
  const void* b_ = nullptr;
  const void* c_ = nullptr;
  std::span<const std::byte> prepared_;
};

// Leaves c as it is where the library has no such product.
void multiply_prepared(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                       std::int32_t* c) {
  OneDnnProduct product;
  if (product.prepare(DType::i8, m, n, k, a).empty()) product.run(b, c);
}

}  // namespace

OneDnnHandle describe_product(const OneDnnDescription& a, const OneDnnDescription& b, const OneDnnDescription& c,
                              OneDnnHandle engine) {
  const DynamicLibrary& library = open_onednn().library;
  OneDnnHandle result = nullptr;
  if (auto* const create = library.function<CreateProduct>("dnnl_matmul_primitive_desc_create")) {
    return create(&result, engine, a.get(), b.get(), nullptr, c.get(), nullptr) == 0 ? result : nullptr;
  }
  auto* const init = library.function<InitProduct>("dnnl_matmul_desc_init");
  if (init == nullptr) return nullptr;
  return describe_in_release_2(engine,
                               [&](void* operation) { return init(operation, a.get(), b.get(), nullptr, c.get()); });
}

std::string why_no_integers(DenseLibrary::MultiplyI8* multiply) {
  constexpr std::int64_t kSize = 32;
  constexpr auto kElements = static_cast<std::size_t>(kSize * kSize);
  constexpr int kMost = std::numeric_limits<std::int8_t>::max();
  constexpr int kLeast = std::numeric_limits<std::int8_t>::min();
  for (const int left : {kLeast, kMost}) {
    for (const int right : {kLeast, kMost}) {
      const std::vector<std::int8_t> a(kElements, static_cast<std::int8_t>(left));
      const std::vector<std::int8_t> b(kElements, static_cast<std::int8_t>(right));
      std::vector<std::int32_t> c(kElements);
      multiply(kSize, kSize, kSize, a.data(), b.data(), c.data());
      const bool is_exact = std::ranges::all_of(c, [&](std::int32_t sum) { return sum == kSize * left * right; });
      if (!is_exact) return open_onednn().identity + " saturates sums of products of i8 on this processor";
    }
  }
  return {};
}

std::unique_ptr<PreparedProduct> prepare_onednn_product(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k,
                                                        const void* a, std::string* why_not) {
  *why_not = OneDnnPrimitive::why_not();
  if (!why_not->empty()) return nullptr;
  if (dtype != DType::f32 && dtype != DType::i8) {
    *why_not = "computes f32 and i8 only";
    return nullptr;
  }
  if (onednn_functions().memory_move == nullptr) {
    *why_not = open_onednn().library.path() + " has no dnnl_memory_set_data_handle";
    return nullptr;
  }
  auto result = std::make_unique<OneDnnProduct>();
  const std::string refused = result->prepare(dtype, m, n, k, a);
  if (refused.empty() && dtype == DType::i8) {
    static const std::string kWhyNoIntegers = why_no_integers(multiply_prepared);
    *why_not = kWhyNoIntegers;
    if (!why_not->empty()) return nullptr;
  }
  if (refused.empty()) return result;
  *why_not = fmt::format("{} {} for {}x{}x{} in {}", open_onednn().identity, refused, m, k, n, to_string(dtype));
  return nullptr;
}

}  // namespace hetscope
