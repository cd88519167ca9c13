// Views with index maps against arrays that were really moved: access on the host, and the offsets that OpenCL C is
// printed from.
#include "harness/tensor/tensor_view.hpp"

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/tensor/host_tensor.hpp"
#include "harness/tensor/view_access.hpp"
#include "tests/unit/tensor/array_oracle.hpp"
#include "tests/unit/tensor/random_chain.hpp"

namespace hetscope {
namespace {

// Layouts of every kind for a rank.
std::vector<Layout> layouts_of(int rank) {
  std::vector<Layout> result = {Layout::row_major(rank)};
  std::vector<int> reversed;
  for (int dim = rank; dim-- > 0;) reversed.push_back(dim);
  result.emplace_back(reversed);
  if (rank > 0 && rank < IndexMap::kMaxRank) {
    result.emplace_back(reversed, 0, 4);
    result.emplace_back(Layout::row_major(rank).order(), rank - 1, 2);
  }
  return result;
}

// Storages in which every element is the label of its place in `shape`.
std::vector<std::int64_t> labelled(const TensorView& stored) {
  std::vector<std::int64_t> storage(static_cast<std::size_t>(stored.storage_elements()), -1);
  std::int64_t position = 0;
  for_each_index(stored.shape(), [&](std::span<const std::int64_t> index) {
    storage[static_cast<std::size_t>(stored.access(index).offset)] = oracle::label(0, position++);
  });
  return storage;
}

TEST(TensorViewProperty, AccessThroughRandomChainsReadsWhatWasMoved) {
  Random random(4);
  oracle::ChainMaker maker(random);
  for (int n = 0; n < 120; ++n) {
    const oracle::Chain chain = maker.make(1 + static_cast<int>(random.below(4)));
    if (chain.map.sources().size() != 1) continue;
    const Shape& source = chain.map.sources().front();
    for (const Layout& layout : layouts_of(source.rank())) {
      SCOPED_TRACE(chain.story + ", layout " + layout.name());
      const TensorView stored(DType::f32, source, layout);
      const std::vector<std::int64_t> storage = labelled(stored);
      const TensorView view = stored.through(chain.map);
      ASSERT_EQ(view.shape(), chain.map.output());
      const IndexMap offsets = view.offsets();
      const IndexMap fewer = offsets.simplified();
      ViewEvaluator read(view);
      IndexMapEvaluator by_offsets(offsets);
      IndexMapEvaluator by_fewer(fewer);
      std::size_t at = 0;
      for_each_index(view.shape(), [&](std::span<const std::int64_t> index) {
        const std::int64_t expected = chain.array.values[at++];
        const Access access = read.at(index);
        const auto value =
            access.valid ? storage[static_cast<std::size_t>(access.offset)] : static_cast<std::int64_t>(access.fill);
        ASSERT_EQ(value, expected);
        for (IndexMapEvaluator* evaluator : {&by_offsets, &by_fewer}) {
          const IndexSource from = evaluator->at(index);
          ASSERT_EQ(from.valid, access.valid);
          if (from.valid) {
            ASSERT_EQ(from.coordinates[0], access.offset);
          }
        }
      });
    }
  }
}

TEST(TensorView, AConcatenationHasSeveralStorages) {
  const std::vector<Shape> parts = {Shape{2, 3}, Shape{2, 5}};
  const Layout layout = Layout::parse("order:1,0/p1x4", 2);
  const TensorView view = TensorView(DType::f16, parts[0], layout).through(IndexMap::concat(parts, 1));
  EXPECT_EQ(view.shape(), (Shape{2, 8}));
  EXPECT_EQ(view.storage_count(), 2);
  EXPECT_EQ(view.storage_elements(0), 8);
  EXPECT_EQ(view.storage_bytes(1), 2 * 16);
  const std::vector<std::int64_t> index = {1, 7};
  const Access access = view.access(index);
  EXPECT_EQ(access.source, 1);
  EXPECT_EQ(access.offset, layout.offset(std::vector<std::int64_t>{1, 4}, parts[1]));
}

TEST(TensorView, AMapOfAMapIsTheirComposition) {
  const TensorView stored(DType::f32, Shape{4, 6}, Layout::row_major(2));
  const TensorView twice = stored.through(IndexMap::transpose(Shape{4, 6}, std::vector<int>{1, 0}))
                               .through(IndexMap::transpose(Shape{6, 4}, std::vector<int>{1, 0}));
  EXPECT_EQ(twice.simplified().map(), IndexMap::identity(Shape{4, 6}));
  EXPECT_NE(twice, stored);
}

TEST(TensorView, PadReadsItsFill) {
  const std::vector<std::int64_t> one = {1};
  const TensorView view =
      TensorView(DType::f32, Shape{3}, Layout::row_major(1)).through(IndexMap::pad(Shape{3}, one, one, -2.5));
  const Access access = view.access(std::vector<std::int64_t>{4});
  EXPECT_FALSE(access.valid);
  EXPECT_EQ(access.fill, -2.5);
  EXPECT_THROW(view.access(std::vector<std::int64_t>{5}), Error);
}

TEST(TensorView, RefusesWhatDoesNotFit) {
  const TensorView stored(DType::f32, Shape{4, 6}, Layout::row_major(2));
  EXPECT_THROW(stored.through(IndexMap::identity(Shape{6, 4})), Error);
  const std::vector<Shape> parts = {Shape{4, 6}, Shape{4, 2}};
  const IndexMap concat = IndexMap::concat(parts, 1);
  EXPECT_THROW(stored.through(IndexMap::identity(Shape{4, 6})).through(concat), Error);
  EXPECT_THROW(HostTensor(stored.through(IndexMap::identity(Shape{4, 6}))), Error);
  const TensorView packed(DType::f32, Shape{1, 2, 1, 2, 1, 2}, Layout({0, 1, 2, 3, 4, 5}, 1, 4));
  EXPECT_THROW(packed.offsets(), Error);
}

ViewCodeOptions named(const std::string& name, bool simplifies = true) {
  ViewCodeOptions options;
  options.name = name;
  options.simplifies = simplifies;
  return options;
}

TEST(ViewAccess, PrintsOneFunctionForLayoutAndMap) {
  const Shape shape{4, 6, 8};
  const TensorView view = TensorView(DType::f32, shape, Layout::row_major(3), Storage::buffer)
                              .through(IndexMap::transpose(shape, std::vector<int>{0, 2, 1}));
  const ViewCode code = print_view_access(view, named("x"));
  EXPECT_EQ(code.text,
            "#define X_PARAMETERS __global const float* restrict x0\n#define X_ARGUMENTS x0\n"
            "float read_x(__global const float* x0, const int i0, const int i1, const int i2) {\n"
            "  return x0[(48 * i0 + i1 + 8 * i2)];\n}\n");
  EXPECT_EQ(code.operations.divisions_and_remainders(), 0);
  EXPECT_GT(print_view_access(view, named("x", false)).operations.multiplications, 0);
}

// Rows of a transpose over windows: what a row alone decides has all the divisions.
TEST(ViewAccess, PrintsTheBaseOfARowAsAFunctionOfItsOwn) {
  const Shape image{14, 6, 8};
  const IndexMap windows = compose(IndexMap::transpose(Shape{2, 7, 6, 8}, std::vector<int>{0, 2, 1, 3}),
                                   IndexMap::reshape(image, Shape{2, 7, 6, 8}));
  const IndexMap rows = compose(IndexMap::reshape(Shape{2, 6, 7, 8}, Shape{84, 8}), windows);
  ViewCodeOptions options = named("x");
  options.has_row_base = true;
  const ViewCode code =
      print_view_access(TensorView(DType::f32, image, Layout::row_major(3), Storage::buffer).through(rows), options);
  EXPECT_NE(code.text.find("#define X_BASE int\nint base_x(const int i0) {\n"), std::string::npos) << code.text;
  EXPECT_NE(code.text.find("float read_x(__global const float* x0, const int base, const int i0, const int i1) {\n"
                           "  return x0[base + i1];\n}\n"),
            std::string::npos)
      << code.text;
  EXPECT_EQ(code.operations.divisions_and_remainders(), 0);
  EXPECT_GT(code.row_operations.divisions_and_remainders(), 0);
}

TEST(ViewAccess, ARowBaseHasTheTypeOfTheWholeOffsetAndItsOwnTables) {
  ViewCodeOptions options = named("x");
  options.has_row_base = true;
  const TensorView large(DType::f32, Shape{70000, 40000}, Layout::row_major(2), Storage::buffer);
  EXPECT_NE(print_view_access(large, options).text.find("#define X_BASE long\nlong base_x(const int i0) {"),
            std::string::npos);
  const Shape shape{3, 4};
  const TensorView plain(DType::f32, shape, Layout::row_major(2), Storage::buffer);
  const std::string by_column =
      print_view_access(plain.through(IndexMap::gather(shape, 1, {2, 0, 3, 3})), options).text;
  EXPECT_NE(by_column.find("__constant int x_table0[4] = {2,0,3,3};"), std::string::npos) << by_column;
  EXPECT_EQ(by_column.find("x_row_table"), std::string::npos) << by_column;
  const std::string by_row = print_view_access(plain.through(IndexMap::gather(shape, 0, {2, 0, 1})), options).text;
  EXPECT_NE(by_row.find("__constant int x_row_table0[3] = {2,0,1};"), std::string::npos) << by_row;
  EXPECT_EQ(by_row.find("x_table"), std::string::npos) << by_row;
}

TEST(ViewAccess, ARowBaseIsNothingWhereARowDecidesNothing) {
  ViewCodeOptions options = named("x");
  options.has_row_base = true;
  const std::vector<Shape> parts = {Shape{2, 3}, Shape{3, 3}};
  const TensorView both =
      TensorView(DType::f32, Shape{2, 3}, Layout::row_major(2), Storage::buffer).through(IndexMap::concat(parts, 0));
  EXPECT_NE(print_view_access(both, options).text.find("int base_x(const int i0) {\n  return 0;\n}\n"),
            std::string::npos)
      << print_view_access(both, options).text;
  options.image_width = 5;
  const TensorView image(DType::f32, Shape{10, 4}, Layout::row_major(2), Storage::image2d);
  EXPECT_NE(print_view_access(image, options).text.find("int base_x(const int i0) {\n  return 0;\n}\n"),
            std::string::npos);
}

TEST(ViewAccess, NaiveCodeHasTheDivisionsThatSimplifyingRemoves) {
  const Shape shape{6, 35};
  const IndexMap map =
      compose(IndexMap::reshape(Shape{6, 5, 7}, Shape{30, 7}), IndexMap::reshape(shape, Shape{6, 5, 7}));
  const TensorView view = TensorView(DType::f32, shape, Layout::row_major(2), Storage::buffer).through(map);
  EXPECT_GT(print_view_access(view, named("x", false)).operations.divisions_and_remainders(), 0);
  EXPECT_EQ(print_view_access(view, named("x")).operations.divisions_and_remainders(), 0);
}

TEST(ViewAccess, WritesConcatenationsImagesAndTablesInTheirOwnWay) {
  const TensorView halves(DType::f16, Shape{4}, Layout::row_major(1), Storage::buffer);
  ViewCodeOptions write = named("y");
  write.direction = ViewDirection::write;
  EXPECT_NE(print_view_access(halves, write).text.find("vstore_half_rte(value, i0, y0);"), std::string::npos);
  EXPECT_NE(print_view_access(halves, named("y")).text.find("return vload_half(i0, y0);"), std::string::npos);
  const std::vector<Shape> parts = {Shape{2}, Shape{3}};
  const TensorView both =
      TensorView(DType::i8, Shape{2}, Layout::row_major(1), Storage::buffer).through(IndexMap::concat(parts, 0));
  const std::string text = print_view_access(both, named("c")).text;
  EXPECT_NE(text.find("__global const char* restrict c0, __global const char* restrict c1"), std::string::npos);
  EXPECT_NE(text.find("if (i0 <= (1)) return c0[i0];"), std::string::npos) << text;
  const TensorView gathered = TensorView(DType::f32, Shape{9}, Layout::row_major(1), Storage::buffer)
                                  .through(IndexMap::gather(Shape{9}, 0, {8, 1, 5}));
  EXPECT_NE(print_view_access(gathered, named("g")).text.find("__constant int g_table0[3] = {8,1,5};"),
            std::string::npos);
  ViewCodeOptions image = named("t");
  image.image_width = 5;
  const TensorView texels(DType::f32, Shape{40}, Layout::row_major(1), Storage::image2d);
  EXPECT_NE(print_view_access(texels, image).text.find("read_imagef(t0, (int2)("), std::string::npos);
  const TensorView line(DType::i8, Shape{40}, Layout::row_major(1), Storage::image_buffer);
  EXPECT_NE(print_view_access(line, named("t")).text.find("lane_of_t(read_imagei(t0, (int)((i0 >> 2))), (i0 & 3))"),
            std::string::npos)
      << print_view_access(line, named("t")).text;
}

TEST(ViewAccess, RefusesWhatOpenClCannotDo) {
  const TensorView host(DType::f32, Shape{4}, Layout::row_major(1));
  EXPECT_THROW(print_view_access(host, named("x")), Error);
  const TensorView image(DType::f32, Shape{4}, Layout::row_major(1), Storage::image2d);
  EXPECT_THROW(print_view_access(image, named("x")), Error);  // no width
  ViewCodeOptions write = named("x");
  write.direction = ViewDirection::write;
  write.image_width = 1;
  EXPECT_THROW(print_view_access(image, write), Error);
  const TensorView buffer(DType::f32, Shape{3}, Layout::row_major(1), Storage::buffer);
  const std::vector<std::int64_t> one = {1};
  EXPECT_THROW(print_view_access(buffer.through(IndexMap::pad(Shape{3}, one, one, 0)), write), Error);
  std::vector<std::int64_t> table(20000);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::int64_t>(i * 7919 % 20000);
  const TensorView large(DType::f32, Shape{20000}, Layout::row_major(1), Storage::buffer);
  EXPECT_THROW(print_view_access(large.through(IndexMap::gather(Shape{20000}, 0, table)), named("x")), Error);
}

}  // namespace
}  // namespace hetscope
