// pointer_chase: loads of which each needs the one before, in an order that no prefetcher guesses: the time of a step
// is the latency of the level of memory that holds the working set.
//   at = next[at], `steps` times from 0; one hop a 64-byte line, all lines in one random cycle (Sattolo's algorithm)
//   work = 4 bytes a step (what is moved is a line a step where it is not in a cache)
#include <array>
#include <numeric>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "kernels/probe/stream_words.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kLineBytes = 4 * kLineWords;
constexpr std::int64_t kPointerChaseMaxBytes = std::int64_t{1} << 32;
constexpr std::int64_t kMaxSteps = std::int64_t{1} << 31;

class PointerChase final : public Operation {
 public:
  std::string_view name() const noexcept override { return "pointer_chase"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {
        AxisSpec{"bytes", AxisType::integer, "working set in bytes", std::nullopt, {}},
        AxisSpec{"steps", AxisType::integer, "loads, one after the other", AxisValue(std::int64_t{1} << 14), {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const std::int64_t bytes = item.integer("bytes");
    if (bytes < kLineBytes || bytes > kPointerChaseMaxBytes || bytes % kLineBytes != 0) {
      throw Error("bytes=" + std::to_string(bytes) + " is not a multiple of 64 from 64 to 2^32", item.line(),
                  "give whole lines");
    }
    const std::int64_t steps = item.integer("steps");
    if (steps < 1 || steps >= kMaxSteps) {
      throw Error("steps=" + std::to_string(steps) + " is not from 1 to 2^31 - 1", item.line(),
                  "2^14 take a millisecond");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const std::int64_t lines = item.integer("bytes") / kLineBytes;
    std::vector<std::int32_t> order(static_cast<std::size_t>(lines));
    std::iota(order.begin(), order.end(), 0);
    Random random(seed);
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i)]);
    HostTensor next(DType::i32, Shape{lines * kLineWords}, Layout::row_major(1));
    for (std::int64_t line = 0; line < lines; ++line) {
      next.as<std::int32_t>()[line * kLineWords] = order[static_cast<std::size_t>(line)] * static_cast<int>(kLineWords);
    }
    std::vector<Operand> result;
    result.push_back({"next", Lifetime::per_run, std::move(next)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const auto* next = inputs[0].tensor.as<std::int32_t>();
    std::int32_t at = 0;
    for (std::int64_t step = 0; step < item.integer("steps"); ++step) at = next[at];
    HostTensor end(DType::i32, Shape{1}, Layout::row_major(1));
    *end.as<std::int32_t>() = at;
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(end), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {4 * item.integer("steps"), 0}; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(pointer_chase, PointerChase)

}  // namespace hetscope
