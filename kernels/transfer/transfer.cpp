// transfer: memory that one side has written becomes readable by the other, and both know it. What is timed is the way
// there and the handshake, not the writing of the bytes: the sender touches one word of them.
//   to_device:   the host gets access, writes a word, gives it up; the device reads that word; the host is told
//   from_device: the device writes a word; the host gets access, reads that word, gives it up
//   time = alpha + beta * bytes: beta is what is copied on the way, openly or not; with the launches of the device's
//   kernel it rises by what one costs that finds the queue busy
//   work: none, because memory that both reach needs no byte moved
#include "kernels/transfer/transfer.hpp"

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/kernel/asynchronous_run.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kWordBytes = 4;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 32;
constexpr std::int64_t kMostLaunches = 4096;

class Transfer final : public Operation {
 public:
  std::string_view name() const noexcept override { return "transfer"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 5> kAxes = {
        AxisSpec{"bytes", AxisType::integer, "size of what is shared", std::nullopt, {}},
        AxisSpec{"direction",
                 AxisType::text,
                 "who has written and who reads",
                 AxisValue(std::string(kToDevice)),
                 {std::string(kToDevice), std::string(kFromDevice)}},
        AxisSpec{"sharing",
                 AxisType::text,
                 "how host and device get at the same bytes",
                 AxisValue(std::string(kSharingNames[0])),
                 {std::begin(kSharingNames), std::end(kSharingNames)}},
        AxisSpec{"sync",
                 AxisType::text,
                 "how the host learns that the device is done",
                 AxisValue(std::string(kWaitingNames[0])),
                 {std::begin(kWaitingNames), std::end(kWaitingNames)}},
        AxisSpec{
            std::string(kLaunches),
            AxisType::integer,
            "times that the device's kernel is launched for it, one after the other: all but the first find a busy "
            "queue",
            AxisValue(std::int64_t{1}),
            {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const std::int64_t bytes = item.integer("bytes");
    if (bytes < kWordBytes || bytes > kMaxBytes || bytes % kWordBytes != 0) {
      throw Error("bytes=" + std::to_string(bytes) + " is not a multiple of 4 from 4 to 2^32", item.line(),
                  "give whole words");
    }
    const std::int64_t launches = item.integer(kLaunches);
    if (launches < 1 || launches > kMostLaunches) {
      throw Error("launches=" + std::to_string(launches) + " is not between 1 and " + std::to_string(kMostLaunches),
                  item.line());
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor words(DType::i32, Shape{item.integer("bytes") / kWordBytes}, Layout::row_major(1));
    Random random(seed);
    words.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"words", Lifetime::per_run, std::move(words)});
    return result;
  }

  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    std::vector<Expectation> result;
    result.push_back({inputs[0].tensor.clone(), {}, {}});
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case&) const override { return {}; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(transfer, Transfer)

}  // namespace hetscope
