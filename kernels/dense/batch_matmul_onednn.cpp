// batch_matmul_onednn: all heads by one matmul primitive of oneDNN, opened at run time, with the library's own threads.
//   traffic: a, b and y once; what the primitive packs besides is its own affair
#include "harness/core/error.hpp"
#include "kernels/dense/batch_matmul.hpp"
#include "kernels/dense/library_product.hpp"
#include "kernels/dense/library_run.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/dense/onednn_product.hpp"
#include "kernels/layout/onednn_primitive.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// The primitive and what it is told about its operands.
struct DescribedBatch {
  OneDnnDescription left, right, result;
  OneDnnPrimitive primitive;

  bool describe(const BatchMatmulProblem& problem) {
    return left.describe(problem.left()) && right.describe(problem.right()) && result.describe(problem.result()) &&
           primitive.open() && primitive.describe(describe_product(left, right, result, primitive.engine()));
  }
};

class BatchPrimitiveRun final : public LibraryRun {
 public:
  BatchPrimitiveRun(HostCpu& cpu, ThreadPool& pool, const BatchMatmulProblem& problem, std::span<const Operand> inputs)
      : LibraryRun(onednn_library(), cpu, pool, inputs[kBatchLeft].tensor, inputs[kBatchRight].tensor, problem.result(),
                   pool.size()) {
    library().set_threads(pool.size());  // a primitive may be for a number of threads
    // The library takes writable memory for what it only reads.
    const auto writable = [](const HostTensor& tensor) { return const_cast<std::byte*>(tensor.data()); };
    OneDnnPrimitive& primitive = batch_.primitive;
    if (!batch_.describe(problem) || !primitive.create() ||
        !primitive.set_argument(kOneDnnSource, batch_.left.get(), writable(left())) ||
        !primitive.set_argument(kOneDnnWeights, batch_.right.get(), writable(right())) ||
        !primitive.set_argument(kOneDnnTarget, batch_.result.get(), result().data())) {
      throw Error("cannot make its matmul primitive", library().identity);
    }
  }

  bool write_outputs_to(std::span<HostTensor> targets) override {
    return batch_.primitive.move_argument(kOneDnnTarget, targets[0].data()) && LibraryRun::write_outputs_to(targets);
  }

 protected:
  void run_once() override { batch_.primitive.execute("matmul"); }

 private:
  DescribedBatch batch_;
};

class BatchMatmulOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "batch_matmul_onednn"; }
  std::string_view operation() const noexcept override { return "batch_matmul"; }

 protected:
  Support supports_case(const Case& item) const override {
    if (Support f32 = supports_f32_alone(item); !f32) return f32;
    if (Support library = support_of(onednn_library(), "oneDNN"); !library) return library;
    if (const std::string why_not = OneDnnPrimitive::why_not(); !why_not.empty()) return Support::no(why_not);
    if (DescribedBatch().describe(BatchMatmulProblem(item))) return Support::yes();
    return Support::no(onednn_library().identity + " has no matmul primitive for it");
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<BatchPrimitiveRun>(cpu, pool, BatchMatmulProblem(item), inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(batch_matmul_onednn, BatchMatmulOneDnn)

}  // namespace hetscope
