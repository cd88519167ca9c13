// operator_chain_calls: the pool is called once an operator. operator_chain_one_call: once for all of them.
//   traffic: words read and written once a call, as long as a thread's share stays in its caches
#include "harness/kernel/host_kernel.hpp"
#include "kernels/probe/operator_chain.hpp"
#include "kernels/probe/stream_words.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class OperatorChainHostRuns final : public HostRunnable {
 public:
  OperatorChainHostRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, std::int64_t calls,
                        std::int64_t steps)
      : HostRunnable(cpu, pool), source_(source), target_(source.view()), calls_(calls), steps_(steps) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(target_.clone());
    return result;
  }
  Metrics metrics() override { return {{"launches", {static_cast<double>(calls_), "1", ""}}}; }

 protected:
  void run_once() override {
    for (std::int64_t call = 0; call < calls_; ++call) {
      const std::uint32_t* from = call == 0 ? source_.as<std::uint32_t>() : target_.as<std::uint32_t>();
      std::uint32_t* to = target_.as<std::uint32_t>();
      pool().parallel_for(source_.shape().element_count(), kLineWords, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) to[i] = from[i];
        for (std::int64_t step = 0; step < steps_; ++step) {
          for (std::int64_t i = begin; i < end; ++i) to[i] = after_operator(to[i]);
        }
      });
    }
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{source_.data(), source_.size_bytes()}, {target_.data(), target_.size_bytes()}};
  }

 private:
  const HostTensor& source_;
  HostTensor target_;
  std::int64_t calls_;
  std::int64_t steps_;
};

template <bool kOneCall>
class OperatorChainHost final : public HostKernel {
 public:
  std::string_view name() const noexcept override {
    return kOneCall ? "operator_chain_one_call" : "operator_chain_calls";
  }
  std::string_view operation() const noexcept override { return "operator_chain"; }
  Work executed_work(const Case& item, const Operation& operation) const override {
    return {operation.useful_work(item).bytes * (kOneCall ? 1 : item.integer("operators")), 0};
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const std::int64_t operators = item.integer("operators");
    return std::make_unique<OperatorChainHostRuns>(cpu, pool, inputs[0].tensor, kOneCall ? 1 : operators,
                                                   kOneCall ? operators : 1);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(operator_chain_calls, OperatorChainHost<false>)
HETSCOPE_DEFINE_KERNEL(operator_chain_one_call, OperatorChainHost<true>)

}  // namespace hetscope
