// sparse_matmul_csr: every entry other than zero, in compressed rows, with the blocking, packing and threads of the
// fused series. Rows are sorted by length within a band and run eight at a time as far as the shortest goes, so that
// unequal lengths cost little (row swizzle: Gale, Zaharia, Young, Elsen, "Sparse GPU Kernels for Deep Learning", SC
// 2020).
//   executed flops = 2 nonzeros n
#include "kernels/registration.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class SparseMatmulCsr final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_csr"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

 protected:
  Support supports_case(const Case& item) const override { return needs_constant_left(item); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const MatrixView matrix = view_of(inputs[kSparseLeft].tensor);
    FusedSeries rows = FusedSeries::compressed_rows(matrix);
    const double density = static_cast<double>(rows.multiply_adds()) /
                           (static_cast<double>(matrix.rows) * static_cast<double>(matrix.cols));
    return make_fused_product(cpu, pool, std::move(rows), inputs[kSparseRight].tensor,
                              {{"density", {density, "1", ""}}});
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_csr, SparseMatmulCsr)

}  // namespace hetscope
