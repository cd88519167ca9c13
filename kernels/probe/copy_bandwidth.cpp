// copy_bandwidth: how fast a processor moves memory, by the size of what it touches. A roof for every other operation.
//   working set `bytes` = source + target;  work = bytes / 2 read + bytes / 2 written
#include <array>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// The two halves are f32 tensors.
constexpr std::int64_t kGranuleBytes = 8;
constexpr std::int64_t kCopyBandwidthMaxBytes = std::int64_t{1} << 40;

class CopyBandwidth final : public Operation {
 public:
  std::string_view name() const noexcept override { return "copy_bandwidth"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 1> kAxes = {
        AxisSpec{"bytes", AxisType::integer, "working set in bytes, source and target together", std::nullopt, {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const std::int64_t bytes = item.integer("bytes");
    if (bytes < kGranuleBytes || bytes > kCopyBandwidthMaxBytes || bytes % kGranuleBytes != 0) {
      throw Error("bytes=" + std::to_string(bytes) + " is not a multiple of 8 from 8 to 2^40", item.line(),
                  "give the size of source and target together");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor tensor(DType::f32, Shape{item.integer("bytes") / kGranuleBytes}, Layout::row_major(1));
    Random random(seed);
    tensor.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"source", Lifetime::per_run, std::move(tensor)});
    return result;
  }

  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    std::vector<Expectation> result;
    result.push_back({inputs[0].tensor.clone(), {}, {}});
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {item.integer("bytes"), 0}; }

  std::optional<RoofKind> roof() const override { return RoofKind::bandwidth; }
  std::vector<std::vector<std::pair<std::string, AxisValue>>> roof_axes() const override {
    constexpr std::int64_t kKiB = 1024;
    std::vector<std::vector<std::pair<std::string, AxisValue>>> result;
    // The smallest leaves a first cache of 32 KiB half empty: what fills it is slower.
    for (const std::int64_t kib : {16, 32, 256, 2 * 1024, 16 * 1024, 64 * 1024, 256 * 1024}) {
      result.push_back({{"bytes", AxisValue(kib * kKiB)}});
    }
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(copy_bandwidth, CopyBandwidth)

}  // namespace hetscope
