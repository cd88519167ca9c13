// memory_walk: texels of four elements read in a pattern and reduced to one word, so that nobody can leave a read out:
// which kind of memory serves which pattern?
//   sum = reads / texels * (weighted sum of all elements; for a stencil of all that it takes)  modulo 2^32
//   useful bytes = the working set once
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/walk.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kLeastBytes = 1024;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 32;
constexpr std::int64_t kMostReads = std::int64_t{1} << 30;
constexpr std::int64_t kMostPadding = 1024;

bool is_power_of_two(std::int64_t value) { return value > 0 && std::has_single_bit(static_cast<std::uint64_t>(value)); }

int log2_of(std::int64_t value) { return std::countr_zero(static_cast<std::uint64_t>(value)); }

WalkPattern parse_pattern(const std::string& name) {
  const auto found = std::ranges::find(kWalkPatternNames, name);
  if (found == std::end(kWalkPatternNames)) throw Error("unknown pattern '" + name + "'");
  return static_cast<WalkPattern>(found - std::begin(kWalkPatternNames));
}

// The weighted elements of each texel.
std::vector<std::uint32_t> weighted_texels(const HostTensor& elements) {
  std::vector<std::uint32_t> result(static_cast<std::size_t>(elements.shape().element_count() / kTexelLanes), 0);
  for (std::size_t i = 0; i < result.size() * kTexelLanes; ++i) {
    const auto element = static_cast<std::uint32_t>(elements.get(static_cast<std::int64_t>(i)));
    result[i / kTexelLanes] += kLaneWeights[i % kTexelLanes] * element;
  }
  return result;
}

class MemoryWalk final : public Operation {
 public:
  std::string_view name() const noexcept override { return "memory_walk"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 5> kAxes = {
        AxisSpec{"pattern",
                 AxisType::text,
                 "the order of reads",
                 std::nullopt,
                 {std::begin(kWalkPatternNames), std::end(kWalkPatternNames)}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16"}},
        AxisSpec{"bytes", AxisType::integer, "working set in bytes, a power of two", std::nullopt, {}, true, 1},
        AxisSpec{"reads",
                 AxisType::integer,
                 "texels that an execution visits at least, a power of two; a smaller working set is read repeatedly",
                 AxisValue(std::int64_t{1} << 20),
                 {},
                 true,
                 1},
        AxisSpec{"row_padding",
                 AxisType::integer,
                 "texels behind each row of linear memory, so that columns do not share a few sets of a cache",
                 AxisValue(std::int64_t{4}),
                 {},
                 true,
                 0},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const std::int64_t bytes = item.integer("bytes");
    if (bytes < kLeastBytes || bytes > kMostBytes || !is_power_of_two(bytes)) {
      throw Error("bytes=" + std::to_string(bytes) + " is not a power of two from 2^10 to 2^32", item.line(),
                  "give a working set such as 65536");
    }
    const std::int64_t reads = item.integer("reads");
    if (reads > kMostReads || !is_power_of_two(reads)) {
      throw Error("reads=" + std::to_string(reads) + " is not a power of two up to 2^30", item.line(),
                  "give a number such as 1048576");
    }
    if (item.integer("row_padding") > kMostPadding) {
      throw Error("row_padding=" + std::to_string(item.integer("row_padding")) + " is above 1024 texels", item.line(),
                  "give a few texels");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const Walk walk(item);
    HostTensor elements(walk.dtype, Shape{walk.height(), walk.width(), kTexelLanes}, Layout::row_major(3));
    Random random(seed);
    for (std::int64_t i = 0; i < elements.shape().element_count(); ++i) {
      elements.set(i, static_cast<double>(random.below(kMostElement + 1)));
    }
    std::vector<Operand> result;
    // Constant, like weights: how they lie in memory is what is compared, not what it costs to bring them there.
    result.push_back({"elements", Lifetime::constant, std::move(elements)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const Walk walk(item);
    const std::vector<std::uint32_t> texels = weighted_texels(inputs[0].tensor);
    const bool is_stencil = walk.pattern == WalkPattern::stencil;
    const std::int64_t reach = is_stencil ? 1 : 0;
    std::uint32_t sum = 0;
    for (std::int64_t y = 0; y < walk.height(); ++y) {
      for (std::int64_t x = 0; x < walk.width(); ++x) {
        for (std::int64_t dy = -reach; dy <= reach; ++dy) {
          for (std::int64_t dx = -reach; dx <= reach; ++dx) {
            const std::int64_t from_y = std::clamp<std::int64_t>(y + dy, 0, walk.height() - 1);
            const std::int64_t from_x = std::clamp<std::int64_t>(x + dx, 0, walk.width() - 1);
            sum += texels[static_cast<std::size_t>(from_y * walk.width() + from_x)];
          }
        }
      }
    }
    HostTensor result(DType::i32, Shape{1}, Layout::row_major(1));
    *result.as<std::uint32_t>() = sum * static_cast<std::uint32_t>(walk.reads / walk.texels());
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(result), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {item.integer("bytes"), 0}; }
  // Textures have caches of their own, and reads alone are faster than copies.
  bool is_bounded_by_copies() const override { return false; }
};

}  // namespace

Walk::Walk(const Case& item)
    : pattern(parse_pattern(item.text("pattern"))),
      dtype(parse_dtype(item.text("dtype"))),
      row_padding(item.integer("row_padding")) {
  const int bits = log2_of(item.integer("bytes") / texel_bytes());
  height_bits = bits / 2;
  width_bits = bits - height_bits;
  reads = std::max(item.integer("reads"), texels());
}

std::int64_t Walk::texel_bytes() const noexcept { return kTexelLanes * static_cast<std::int64_t>(size_of(dtype)); }

HETSCOPE_DEFINE_OPERATION(memory_walk, MemoryWalk)

}  // namespace hetscope
