// oneDNN's matrix products (dnnl_sgemm and dnnl_gemm_s8s8s32 of its C interface).
#include "harness/kernel/library_threads.hpp"
#include "harness/processor/host_cpu.hpp"
#include "kernels/dense/dense_library.hpp"
#include "kernels/dense/onednn_library.hpp"
#include "kernels/dense/onednn_product.hpp"

namespace hetscope {
namespace {

using Sgemm = int(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
                  const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c,
                  std::int64_t ldc);

using Igemm = int(char transpose_a, char transpose_b, char offset_c, std::int64_t m, std::int64_t n, std::int64_t k,
                  float alpha, const std::int8_t* a, std::int64_t lda, std::int8_t zero_of_a, const std::int8_t* b,
                  std::int64_t ldb, std::int8_t zero_of_b, float beta, std::int32_t* c, std::int64_t ldc,
                  const std::int32_t* offsets);

Sgemm* g_sgemm = nullptr;
Igemm* g_igemm = nullptr;

void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, RightOperand stored,
              float* c) {
  const bool is_plain = stored == RightOperand::plain;
  // It fails only for sizes that the operation refuses; a wrong result would not pass verification.
  g_sgemm('N', is_plain ? 'N' : 'T', m, n, k, 1.0F, a, k, b, is_plain ? n : k, 0.0F, c, n);
}

void multiply_i8(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                 std::int32_t* c) {
  const std::int32_t no_offset = 0;
  g_igemm('N', 'N', 'F', m, n, k, 1.0F, a, k, 0, b, n, 0, 0.0F, c, n, &no_offset);
}

DenseLibrary product_of_onednn() {
  const OneDnnLibrary& onednn = open_onednn();
  DenseLibrary result;
  result.why_not = onednn.why_not;
  if (!onednn.library) return result;
  g_sgemm = onednn.library.function<Sgemm>("dnnl_sgemm");
  if (g_sgemm == nullptr) {
    result.why_not = onednn.library.path() + " has no dnnl_sgemm";
    return result;
  }
  result.set_threads = onednn.set_threads;
  result.identity = onednn.identity;
  result.multiply = multiply;
  g_igemm = onednn.library.function<Igemm>("dnnl_gemm_s8s8s32");
  const LibraryThreads made_here(allowed_cpus());  // it makes them for the first product, which is tried here
  if (g_igemm != nullptr) result.why_no_i8 = why_no_integers(multiply_i8);
  if (g_igemm != nullptr && result.why_no_i8.empty()) result.multiply_i8 = multiply_i8;
  result.prepare = prepare_onednn_product;
  return result;
}

}  // namespace

const DenseLibrary& onednn_library() {
  static const DenseLibrary kOneDnn = product_of_onednn();
  return kOneDnn;
}

}  // namespace hetscope
