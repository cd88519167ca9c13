// Passes of random pairs in the host's memory: op by op and folded, a pair gives what the reference says (bit for bit
// where nothing but movements and ReLUs is in it), whatever the shapes, the permutations and the choices of rows.
#include "kernels/elimination/host_passes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "harness/core/random.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/processor/host_cpu.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/elimination/row_tiles.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Each element of a pass is in one row: what a row reads twice may give the same result, but from memory that is not
// the tensor's.
void expect_rows_are_all_elements(const PairPass& pass) {
  std::int64_t read = 0;
  std::int64_t written = 0;
  for (const RowRegion& region : row_regions(pass)) {
    read += region.tiles() * region.tile_rows() * region.read.length;
    written += region.tiles() * region.tile_rows() * region.write.length;
  }
  EXPECT_EQ(read, pass.read.shape().element_count());
  EXPECT_EQ(written, pass.write.shape().element_count());
}

// What the passes of `plan` make of the inputs; places that nothing writes stay NaN.
HostTensor made_by(const PairPlan& plan, const PairProblem& problem, std::span<const Operand> inputs,
                   ThreadPool& pool) {
  std::vector<HostTensor> tensors;
  const float* from = inputs[0].tensor.as<float>();
  for (std::size_t i = 0; i < plan.passes.size(); ++i) {
    const PairPass& pass = plan.passes[i];
    const Shape& shape = i + 1 == plan.passes.size() ? problem.y : pass.write.stored_shape();
    HostTensor& made = tensors.emplace_back(DType::f32, shape, Layout::row_major(shape.rank()));
    std::vector<std::vector<float>> packed;
    std::vector<const float*> weights;
    for (const RowStage& stage : pass.stages) {
      packed.emplace_back();
      if (stage.weights != 0) {
        packed.back() = packed_weights(inputs[stage.weights].tensor.as<float>(), stage.in, stage.out);
      }
      weights.push_back(packed.back().data());
    }
    const auto host_pass = make_host_pass(pass, std::move(weights), pool.size());
    host_pass->choose(from, made.as<float>(), pool);
    std::fill_n(made.as<float>(), shape.element_count(), std::numeric_limits<float>::quiet_NaN());
    host_pass->run(from, made.as<float>(), pool);
    from = made.as<float>();
  }
  return tensors.back().clone();
}

void expect_folded_is_right(const std::string& axes) {
  SCOPED_TRACE(axes);
  const Case item = Case::parse("operator_pair kernel=any processor=cpu dtype=f32 " + axes);
  const auto operation = make_operation<OperationId::operator_pair>();
  ASSERT_NO_THROW(operation->validate(item));
  const PairProblem problem(item);
  const std::vector<Operand> inputs = operation->inputs(item, 5);
  const std::vector<Expectation> expected = operation->reference(item, inputs);
  for (const int threads : {1, 3}) {
    ThreadPool pool(std::vector<int>(static_cast<std::size_t>(threads), 0));
    std::vector<HostTensor> results;
    for (const PairMethod method : {PairMethod::op_by_op, PairMethod::folded}) {
      if (!supports_method(problem, method)) continue;
      results.clear();
      const PairPlan plan = plan_pair(problem, method);
      for (const PairPass& pass : plan.passes) expect_rows_are_all_elements(pass);
      results.push_back(made_by(plan, problem, inputs, pool));
      const Verification verification = verify(results, expected, operation->tolerance(item));
      EXPECT_TRUE(verification.matches) << to_string(method) << ": " << verification.reason;
    }
  }
}

// Pairs of random operators. Extents are small, prime, those of a line and one more, ...
class RandomPairs {
 public:
  explicit RandomPairs(std::uint64_t seed) : random_(seed) {}

  std::string shape() {
    constexpr std::int64_t kExtents[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 33, 49, 64, 65, 96, 131};
    while (true) {
      std::vector<std::int64_t> extents(1 + random_.below(4));
      for (auto& extent : extents) extent = kExtents[random_.below(std::size(kExtents))];
      shape_ = Shape(extents);
      if (shape_.element_count() <= 40000) return shape_.to_string();
    }
  }
  // Of what the last call of shape() or of an operator gave.
  std::string movement() {
    std::string text = step();
    while (random_.below(2) == 0) text += "/" + step();
    return text;
  }
  std::string on_rows() {
    constexpr const char* kOperators[] = {"relu", "relu", "softmax", "layer_norm", "matmul:5", "matmul:33", "sum"};
    const std::string text = kOperators[random_.below(std::size(kOperators))];
    shape_ = PairOperator::parse(text).output(shape_);
    return text;
  }

 private:
  std::string number(std::uint64_t bound) { return std::to_string(random_.below(bound)); }
  std::string step() {
    const std::string text = any_step();
    shape_ = PairOperator::parse(text).output(shape_);
    return text;
  }
  std::string any_step() {
    const int rank = shape_.rank();
    const auto axis = static_cast<int>(random_.below(static_cast<std::uint64_t>(rank)));
    const std::int64_t extent = shape_[axis];
    switch (random_.below(6)) {
      case 0:
        return "gather:" + std::to_string(axis) + ":" +
               std::to_string(1 + random_.below(static_cast<std::uint64_t>(extent)));
      case 1: {
        const auto start = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(extent)));
        return "slice:" + std::to_string(axis) + ":" + std::to_string(start) + ":" + std::to_string(extent) + ":" +
               std::to_string(1 + random_.below(3));
      }
      case 2:
        return reshape(axis);
      default:
        return transpose();
    }
  }
  std::string transpose() {
    std::vector<int> order(static_cast<std::size_t>(shape_.rank()));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    random_.shuffle(std::span(order));
    std::string text = "transpose:";
    for (std::size_t i = 0; i < order.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(order[i]);
    return text;
  }
  // One dimension in two, or all elements as rows that are not those of before.
  std::string reshape(int axis) {
    std::vector<std::int64_t> extents;
    if (shape_.rank() >= 5 || random_.below(4) == 0) {
      extents = {1, shape_.element_count()};
      for (const std::int64_t factor : {2, 3, 5, 7}) {
        if (extents[1] % factor == 0) extents = {extents[0] * factor, extents[1] / factor};
      }
    } else {
      for (int d = 0; d < shape_.rank(); ++d) {
        std::int64_t inner = 1;
        for (const std::int64_t factor : {2, 3, 7, 8}) {
          if (d == axis && shape_[d] % factor == 0) inner = factor;
        }
        if (d == axis) extents.push_back(shape_[d] / inner);
        extents.push_back(d == axis ? inner : shape_[d]);
      }
    }
    std::string text = "reshape:";
    for (std::size_t i = 0; i < extents.size(); ++i) text += (i > 0 ? "x" : "") + std::to_string(extents[i]);
    return text;
  }

  Random random_;
  Shape shape_;
};

TEST(HostPassesProperty, AFoldedPairIsThePair) {
  RandomPairs random(23);
  for (int n = 0; n < 400; ++n) {
    std::string axes = "shape=" + random.shape();
    const bool is_first_fixed = n % 3 != 0;
    const bool is_second_fixed = n % 3 != 1;
    axes += " first=" + (is_first_fixed ? random.movement() : random.on_rows());
    axes += " second=" + (is_second_fixed ? random.movement() : random.on_rows());
    expect_folded_is_right(axes);
  }
}

// Across rows and along them, in runs of whole vectors, of four, and in what is left over.
TEST(HostPasses, SumsOfRowsWhereTheyLie) {
  for (const char* axes :
       {"shape=97x131 first=transpose:1,0 second=sum", "shape=5x97x49 first=transpose:1,2,0 second=sum",
        "shape=33x7x4 first=transpose:1,2,0 second=sum", "shape=33x7x4 first=transpose:0,2,1 second=sum",
        "shape=131x4x9 first=transpose:0,2,1/reshape:131x36 second=sum",
        "shape=13x5x4 first=transpose:1,0,2/reshape:5x52 second=sum",
        "shape=64x33 first=gather:0:64/transpose:1,0 second=sum", "shape=131x3 first=transpose:1,0 second=sum",
        "shape=65x96 first=slice:1:3:90:1 second=sum", "shape=65x96 first=slice:1:0:96:3 second=sum",
        "shape=97x96 first=sum second=reshape:97/gather:0:97", "shape=131x1 first=sum second=transpose:1,0"}) {
    expect_folded_is_right(axes);
  }
}

// Vectors of rows, and what is left over, whose moments are found where they lie; windows of rows; a gather.
TEST(HostPasses, NormalisesRowsThatLieSideBySide) {
  for (const char* axes :
       {"shape=96x131 first=transpose:1,0 second=layer_norm", "shape=3x97x49 first=transpose:1,2,0 second=layer_norm",
        "shape=5x31x67 first=transpose:0,2,1 second=layer_norm", "shape=1x65 first=transpose:1,0 second=layer_norm",
        "shape=400x37 first=transpose:1,0 second=layer_norm",
        "shape=24x28x28 first=transpose:1,2,0/reshape:4x7x4x7x24/transpose:0,2,1,3,4 second=layer_norm",
        "shape=64x33 first=gather:0:64/transpose:1,0 second=layer_norm"}) {
    expect_folded_is_right(axes);
  }
}

// What a run reads besides is in the record and leaves the caches: lists of rows, pieces, tiles and chunks.
TEST(HostPasses, TellWhatTheyHaveListed) {
  ProcessorInfo info;
  info.name = "cpu";
  HostCpu cpu(info, {allowed_cpus().at(0)});
  Processor* const on[] = {&cpu};
  const auto operation = make_operation<OperationId::operator_pair>();
  const auto kernel = make_kernel<KernelId::operator_pair_folded>();
  const auto listed_bytes = [&](const std::string& axes) {
    const Case item = Case::parse("operator_pair kernel=operator_pair_folded processor=cpu dtype=f32 " + axes);
    const std::vector<Operand> inputs = operation->inputs(item, 5);
    return kernel->prepare(item, on, inputs)->prepared_bytes();
  };
  EXPECT_GE(listed_bytes("shape=97x131 first=transpose:1,0 second=sum"), 131 * 16);
  EXPECT_GE(listed_bytes("shape=97x131 first=gather:0:97 second=transpose:1,0"), 97 * 8);
  EXPECT_GT(listed_bytes("shape=96x31 first=transpose:1,0 second=softmax"), 0);
  EXPECT_GT(listed_bytes("shape=1300x67 first=relu second=transpose:1,0"), 0);
  EXPECT_EQ(listed_bytes("shape=96x31x17 first=transpose:1,0,2 second=transpose:0,2,1"), 0);
}

TEST(HostPasses, PairsThatGoThroughPanels) {
  for (const char* axes : {"shape=96x31x17 first=relu second=transpose:1,2,0",
                           "shape=130x67 first=relu second=transpose:1,0",
                           "shape=9001x3 first=relu second=transpose:1,0",
                           "shape=3x9001 first=relu second=transpose:1,0",
                           "shape=20x30x2 first=relu second=transpose:1,0,2",
                           "shape=5x4099x2 first=relu second=transpose:1,2,0",
                           "shape=311x97 first=gather:0:157 second=transpose:1,0",
                           "shape=97x311 first=transpose:1,0 second=gather:1:80",
                           "shape=67x7x31 first=gather:0:65 second=transpose:2,1,0",
                           "shape=97x33 first=gather:1:33 second=relu",
                           "shape=331x97 first=gather:1:49 second=transpose:1,0",
                           "shape=331x97 first=slice:1:0:97:3 second=transpose:1,0",
                           "shape=331x97 first=gather:0:50/gather:1:90 second=transpose:1,0",
                           "shape=98x96 first=matmul:72 second=reshape:2x49x3x3x8/transpose:2,0,3,1,4",
                           "shape=65x33 first=layer_norm second=gather:0:65/transpose:1,0",
                           "shape=30x14 first=transpose:1,0/reshape:28x15 second=softmax",
                           "shape=30x14 first=softmax second=reshape:28x15/transpose:1,0",
                           "shape=4096 first=gather:0:4095 second=reshape:315x13",
                           "shape=2x16 first=slice:1:6:10:2 second=relu",
                           "shape=2x16 first=slice:1:6:16:2/gather:1:2 second=relu",
                           "shape=5x30 first=slice:1:3:12:3 second=relu"}) {
    expect_folded_is_right(axes);
  }
}

TEST(HostPasses, ProductsAreWrittenInPartsOfRows) {
  for (const char* axes :
       {"shape=98x96 first=matmul:288 second=reshape:2x49x3x3x32/transpose:2,0,3,1,4",
        "shape=91x7 first=matmul:48 second=reshape:91x3x16/transpose:1,0,2",
        "shape=91x7 first=matmul:96 second=reshape:91x2x3x16/transpose:1,0,2,3",
        "shape=13x5 first=matmul:64 second=reshape:13x2x32/transpose:1,0,2/reshape:26x2x16/transpose:1,0,2",
        "shape=61x9 first=matmul:96 second=reshape:61x4x24/transpose:1,0,2",
        "shape=61x9 first=matmul:96 second=reshape:61x3x32/gather:1:2", "shape=61x9 first=matmul:33 second=gather:0:50",
        "shape=40x3 first=matmul:32 second=reshape:20x2x2x16/transpose:0,2,1,3/transpose:1,0,2,3"}) {
    expect_folded_is_right(axes);
  }
}

}  // namespace
}  // namespace hetscope
