// Chains: which pieces they fall into, and that pieces on two processors give the bits of the whole.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "kernels/catalog.hpp"
#include "kernels/chain/matmul_chain.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr bool kTarget = true;
constexpr bool kFallback = false;

TEST(ChainPieces, NothingRefusedIsOnePiece) {
  EXPECT_THAT(chain_pieces(8, 0, false, 1), ElementsAre(ChainPiece{0, 8, kTarget}));
  EXPECT_THAT(chain_pieces(8, 8, false, 1), ElementsAre(ChainPiece{0, 8, kFallback}));
}

TEST(ChainPieces, RefusedLayersLieTogetherOrApart) {
  EXPECT_THAT(chain_pieces(8, 2, true, 1),
              ElementsAre(ChainPiece{0, 3, kTarget}, ChainPiece{3, 5, kFallback}, ChainPiece{5, 8, kTarget}));
  EXPECT_THAT(chain_pieces(8, 2, false, 1),
              ElementsAre(ChainPiece{0, 2, kTarget}, ChainPiece{2, 3, kFallback}, ChainPiece{3, 6, kTarget},
                          ChainPiece{6, 7, kFallback}, ChainPiece{7, 8, kTarget}));
}

TEST(ChainPieces, ShortRunsAreNotHandedOver) {
  EXPECT_THAT(chain_pieces(8, 2, false, 2), ElementsAre(ChainPiece{0, 2, kTarget}, ChainPiece{2, 3, kFallback},
                                                        ChainPiece{3, 6, kTarget}, ChainPiece{6, 8, kFallback}));
  EXPECT_THAT(chain_pieces(8, 2, false, 9), ElementsAre(ChainPiece{0, 8, kFallback}));
}

TEST(ChainPiecesProperty, PiecesAreSideBySideAndAsManyLayersAreRefused) {
  for (std::int64_t layers = 1; layers <= 16; ++layers) {
    for (std::int64_t refused = 0; refused <= layers; ++refused) {
      for (const bool is_clustered : {false, true}) {
        std::int64_t at = 0;
        std::int64_t off_target = 0;
        for (const ChainPiece& piece : chain_pieces(layers, refused, is_clustered, 1)) {
          EXPECT_EQ(piece.begin, at);
          EXPECT_LT(piece.begin, piece.end);
          if (!piece.is_on_target) off_target += piece.end - piece.begin;
          at = piece.end;
        }
        EXPECT_EQ(at, layers);
        EXPECT_EQ(off_target, refused) << layers << (is_clustered ? " clustered" : " spread");
      }
    }
  }
}

TEST(Chain, ReferenceIsWholeNumbersThatF32Holds) {
  const Catalog catalog = make_catalog();
  const Operation& operation = catalog.operations().at("matmul_chain");
  const Case item = Case::parse("matmul_chain kernel=any processor=cpu layers=16 width=40 columns=9 dtype=f32");
  const std::vector<Operand> inputs = operation.inputs(item, 5);
  const std::vector<Expectation> expected = operation.reference(item, inputs);
  ASSERT_FALSE(expected[0].values.empty());
  for (const double value : expected[0].values) {
    EXPECT_EQ(value, static_cast<double>(static_cast<float>(value)));
    EXPECT_LT(std::abs(value), 0x1p24);
  }
  EXPECT_THROW(operation.validate(Case::parse("matmul_chain kernel=any processor=cpu layers=17 width=4 columns=9")),
               Error);
}

class ChainOnTwo : public testing::Test {
 protected:
  Case parse(const std::string& words) {
    return catalog_.complete(
        Case::parse("matmul_chain kernel=matmul_chain_pieces processor=npu:onnxruntime/CPU,cpu layers=8 width=19 "
                    "columns=7 " +
                    words));
  }
  Catalog catalog_ = make_catalog();
  ProcessorSet processors_;
};

TEST_F(ChainOnTwo, PiecesGiveTheBitsOfTheWhole) {
  if (!onnxruntime_library().why_not().empty()) GTEST_SKIP() << onnxruntime_library().why_not();
  if (onednn_library().multiply == nullptr) GTEST_SKIP() << onednn_library().why_not;
  const Operation& operation = catalog_.operations().at("matmul_chain");
  const Kernel& kernel = catalog_.kernels().at("matmul_chain_pieces");
  Processor* const on[] = {&processors_.at("npu:onnxruntime/CPU"), &processors_.at("cpu")};
  for (const char* words : {"refused=0", "refused=3", "refused=3 pattern=clustered", "refused=3 least_piece=2",
                            "refused=8", "refused=1 threads=1"}) {
    const Case item = parse(words);
    SCOPED_TRACE(item.line());
    ASSERT_NO_THROW(catalog_.validate(item));
    const Support support = kernel.supports(item, on);
    ASSERT_TRUE(support) << support.reason();
    const std::vector<Operand> inputs = operation.inputs(item, 2);
    const auto runnable = kernel.prepare(item, on, inputs);
    runnable->enter();
    runnable->run(2);
    runnable->leave();
    const Verification verification =
        verify(runnable->outputs(), operation.reference(item, inputs), operation.tolerance(item));
    EXPECT_TRUE(verification.matches) << verification.reason;
    EXPECT_FALSE(runnable->run_stages().empty());
    EXPECT_FALSE(runnable->placement().empty());
    EXPECT_TRUE(runnable->metrics().contains("boundary_bytes"));
  }
  EXPECT_THAT(kernel.supports(parse("refused=9"), on).reason(), HasSubstr("more layers refused"));
}

}  // namespace
}  // namespace hetscope
