// stream_read: memory that is read once, front to back, and reduced to one word so that nobody can leave the reading
// out.
//   sum = words[0] + words[1] + ...  modulo 2^32, the same in any order;  work = bytes read
#include "harness/core/random.hpp"
#include "kernels/probe/bandwidth_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class StreamRead final : public Operation {
 public:
  std::string_view name() const noexcept override { return "stream_read"; }
  std::span<const AxisSpec> axes() const override { return bandwidth_probe_axes(); }
  void validate(const Case& item) const override { validate_bandwidth_probe(item); }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor words(DType::i32, Shape{item.integer("bytes") / kProbeWordBytes}, Layout::row_major(1));
    Random random(seed);
    words.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"words", Lifetime::per_run, std::move(words)});
    return result;
  }

  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    const HostTensor& words = inputs[0].tensor;
    std::uint32_t sum = 0;
    for (std::int64_t i = 0; i < words.shape().element_count(); ++i) sum += words.as<std::uint32_t>()[i];
    HostTensor result(DType::i32, Shape{1}, Layout::row_major(1));
    *result.as<std::uint32_t>() = sum;
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(result), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {item.integer("bytes"), 0}; }
  bool is_bounded_by_copies() const override { return false; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(stream_read, StreamRead)

}  // namespace hetscope
