// stream_write: memory that is written once, front to back, with one word that is new for every problem.
//   target[i] = word;  work = bytes written
#include <algorithm>

#include "harness/core/random.hpp"
#include "kernels/probe/bandwidth_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class StreamWrite final : public Operation {
 public:
  std::string_view name() const noexcept override { return "stream_write"; }
  std::span<const AxisSpec> axes() const override { return bandwidth_probe_axes(); }
  void validate(const Case& item) const override { validate_bandwidth_probe(item); }

  std::vector<Operand> inputs(const Case&, std::uint64_t seed) const override {
    HostTensor word(DType::i32, Shape{1}, Layout::row_major(1));
    Random random(seed);
    word.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"word", Lifetime::per_run, std::move(word)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const std::int64_t words = item.integer("bytes") / kProbeWordBytes;
    HostTensor target(DType::i32, Shape{words}, Layout::row_major(1));
    std::fill_n(target.as<std::uint32_t>(), words, *inputs[0].tensor.as<std::uint32_t>());
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(target), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {item.integer("bytes"), 0}; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(stream_write, StreamWrite)

}  // namespace hetscope
