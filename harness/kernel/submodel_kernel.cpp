// A model becomes a session when it is prepared; a run is a call of that session and returns when it is done.
#include "harness/kernel/submodel_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/core/clock.hpp"
#include "harness/core/split_text.hpp"

namespace hetscope {
namespace {

constexpr double kNsPerS = 1e9;
constexpr std::int64_t kMostThreads = 1024;

// Options that choose how a provider computes; none names a file, a folder or a library. Of QNN, OpenVINO and CoreML.
constexpr std::array<std::string_view, 23> kProviderOptions = {"backend_type",
                                                               "device_id",
                                                               "device_type",
                                                               "disable_dynamic_shapes",
                                                               "enable_htp_fp16_precision",
                                                               "enable_htp_shared_memory_allocator",
                                                               "enable_qdq_optimizer",
                                                               "EnableOnSubgraphs",
                                                               "htp_arch",
                                                               "htp_graph_finalization_optimization_mode",
                                                               "htp_performance_mode",
                                                               "MLComputeUnits",
                                                               "model_priority",
                                                               "ModelFormat",
                                                               "num_of_threads",
                                                               "num_streams",
                                                               "offload_graph_io_quantization",
                                                               "precision",
                                                               "qnn_context_priority",
                                                               "RequireStaticInputShapes",
                                                               "rpc_control_latency",
                                                               "soc_model",
                                                               "vtcm_mb"};
// QNN's back ends that write the model, or the calls, to files in place of computing.
constexpr std::array<std::string_view, 2> kWritingBackends = {"saver", "ir"};

bool is_plain_word(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

bool is_allowed(const Case& item) { return item.text("fallback") == "allowed"; }

// What was assigned to whom.
struct Tally {
  std::int64_t pieces = 0;                                    // that the provider compiles as a whole
  std::int64_t nodes = 0;                                     // in them
  std::map<std::string, std::vector<std::string>> elsewhere;  // provider -> operators
  std::int64_t nodes_elsewhere = 0;
};

Tally tally_of(const OnnxRuntimeSession& session, const std::string& provider) {
  Tally tally;
  for (const NodeAssignment& assignment : session.assignments()) {
    const auto count = static_cast<std::int64_t>(assignment.operators.size());
    if (assignment.provider == provider) {
      ++tally.pieces;
      tally.nodes += count;
      continue;
    }
    auto& operators = tally.elsewhere[assignment.provider];
    operators.insert(operators.end(), assignment.operators.begin(), assignment.operators.end());
    tally.nodes_elsewhere += count;
  }
  return tally;
}

class SubmodelRunnable final : public Runnable {
 public:
  SubmodelRunnable(const OnnxRuntimeProcessor& processor, Submodel submodel, std::span<const Operand> inputs,
                   const OnnxRuntimeSessionOptions& options, const Clock& clock)
      : processor_(processor), may_fall_back_(options.may_fall_back) {
    const std::string bytes = submodel.model.bytes();
    model_bytes_ = static_cast<std::int64_t>(bytes.size());
    const std::int64_t begin_ns = clock.now_ns();
    session_ = std::make_unique<OnnxRuntimeSession>(processor, bytes, options);
    session_s_ = static_cast<double>(clock.now_ns() - begin_ns) / kNsPerS;
    for (const auto& [name, operand] : submodel.inputs) session_->bind_input(name, inputs[operand].tensor);
    for (auto& [name, view] : submodel.outputs) {
      names_.push_back(name);
      outputs_.emplace_back(std::move(view));
    }
    bind_outputs();
    tally_ = tally_of(*session_, processor.provider());
  }

  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) session_->run();
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    for (const HostTensor& output : outputs_) result.push_back(output.clone());
    return result;
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      outputs_[i] = HostTensor::borrowing(targets[i].view(), targets[i].data());
    }
    bind_outputs();
    return true;
  }
  Support evict() override {
    return Support::no("what an execution provider keeps in caches cannot be evicted from outside");
  }
  std::int64_t prepared_bytes() const override { return model_bytes_; }

  std::vector<Placement> placement() const override {
    const std::string& name = processor_.name();
    const std::string teller = "ONNX Runtime " + processor_.library().version();
    const std::string host = processor_.info().runs_on_host_cpu ? "; on the host's CPU: no NPU is involved" : "";
    if (!processor_.library().tells_assignment()) {
      const bool is_known = !may_fall_back_ || processor_.is_cpu_provider();
      return {{name, is_known ? name : "unknown",
               (is_known ? "fallback to the CPU was disabled; " : "") + teller +
                   " is too old to tell which provider took which node" + host}};
    }
    std::vector<Placement> places;
    if (tally_.nodes > 0) {
      const bool is_refused = !may_fall_back_ && !processor_.is_cpu_provider();
      places.push_back({name, name,
                        fmt::format("{} says: {} of {} nodes assigned to {}, in pieces: {}{}{}", teller, tally_.nodes,
                                    tally_.nodes + tally_.nodes_elsewhere, processor_.provider(), tally_.pieces,
                                    is_refused ? "; fallback to the CPU was disabled" : "", host)});
    }
    for (const auto& [provider, operators] : tally_.elsewhere) {
      places.push_back({name, provider == kCpuProvider ? "cpu" : provider,
                        fmt::format("{} says: {} nodes assigned to {}: {}", teller, operators.size(), provider,
                                    fmt::join(operators, ", "))});
    }
    return places;
  }
  std::string doubt() const override {
    if (may_fall_back_ && !processor_.is_cpu_provider() && !processor_.library().tells_assignment()) {
      return "fallback was allowed, and ONNX Runtime " + processor_.library().version() +
             " does not tell which provider took which node";
    }
    if (tally_.nodes_elsewhere == 0) return "";
    return fmt::format("fallback: {} of {} nodes ran elsewhere than on {} (see placement)", tally_.nodes_elsewhere,
                       tally_.nodes_elsewhere + tally_.nodes, processor_.provider());
  }
  Metrics metrics() override {
    Metrics metrics = {{"load", {session_s_, "s", ""}}, {"library_load", {processor_.library().load_s(), "s", ""}}};
    if (processor_.library().tells_assignment()) {
      metrics["partitions"] = {static_cast<double>(tally_.pieces), "1", ""};
      metrics["nodes_elsewhere"] = {static_cast<double>(tally_.nodes_elsewhere), "1", ""};
    }
    return metrics;
  }
  std::map<std::string, std::string> notes() override {
    std::map<std::string, std::string> notes = {
        {"onnxruntime", processor_.library().version() + " from " + processor_.library().path()},
        {"provider", processor_.provider()}};
    if (processor_.info().runs_on_host_cpu) notes["npu"] = "none: the provider computes on the host's CPU";
    return notes;
  }

 private:
  void bind_outputs() {
    for (std::size_t i = 0; i < outputs_.size(); ++i) session_->bind_output(names_[i], outputs_[i]);
  }

  const OnnxRuntimeProcessor& processor_;
  bool may_fall_back_;
  std::int64_t model_bytes_ = 0;
  double session_s_ = 0;
  std::vector<std::string> names_;
  std::vector<HostTensor> outputs_;
  std::unique_ptr<OnnxRuntimeSession> session_;
  Tally tally_;
};

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> parse_provider_options(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> options;
  if (text.empty()) return options;
  for (const std::string_view entry : split_text(text, ',')) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    std::string key(entry.substr(0, equals));
    std::string value(entry.substr(equals + 1));
    if (std::ranges::find(kProviderOptions, key) == kProviderOptions.end() || !is_plain_word(value))
      return std::nullopt;
    if (std::ranges::find(kWritingBackends, value) != kWritingBackends.end()) return std::nullopt;
    options.emplace_back(std::move(key), std::move(value));
  }
  return options;
}

std::span<const AxisSpec> SubmodelKernel::axes() const {
  static const std::array<AxisSpec, 3> kAxes = {
      AxisSpec{.name = "threads",
               .type = AxisType::integer,
               .meaning = "threads of the runtime's own pool, at least 1; providers have theirs",
               .fallback = AxisValue(std::int64_t{1}),
               .choices = {},
               .least = 1},
      AxisSpec{
          .name = "provider_options",
          .type = AxisType::text,
          .meaning =
              "options of the execution provider, key=value, separated by commas; of a fixed list that names no file",
          .fallback = AxisValue(std::string()),
          .choices = {}},
      AxisSpec{.name = "fallback",
               .type = AxisType::text,
               .meaning = "whether nodes that the provider does not take may run on the CPU",
               .fallback = AxisValue(std::string("refused")),
               .choices = {"refused", "allowed"}},
  };
  return kAxes;
}

Support SubmodelKernel::supports(const Case& item, Processors processors) const {
  if (processors.size() != 1) return Support::no("runs on one processor");
  if (dynamic_cast<const OnnxRuntimeProcessor*>(processors[0]) == nullptr) {
    return Support::no(processors[0]->name() + " takes no models");
  }
  if (!parse_provider_options(item.text("provider_options"))) {
    return Support::no(
        fmt::format("provider_options are key=value, separated by commas; keys are {}; values are plain "
                    "words, and none makes a provider write files",
                    fmt::join(kProviderOptions, ", ")));
  }
  if (item.integer("threads") > kMostThreads) return Support::no(fmt::format("more than {} threads", kMostThreads));
  return supports_case(item);
}

std::unique_ptr<Runnable> SubmodelKernel::prepare(const Case& item, Processors processors,
                                                  std::span<const Operand> inputs) const {
  const auto& processor = dynamic_cast<const OnnxRuntimeProcessor&>(*processors[0]);
  OnnxRuntimeSessionOptions options;
  options.threads = static_cast<int>(item.integer("threads"));
  options.may_fall_back = is_allowed(item);
  options.provider = parse_provider_options(item.text("provider_options")).value();
  return make_submodel_runnable(processor, submodel(item, inputs), inputs, options);
}

std::unique_ptr<Runnable> make_submodel_runnable(const OnnxRuntimeProcessor& processor, Submodel submodel,
                                                 std::span<const Operand> inputs,
                                                 const OnnxRuntimeSessionOptions& options) {
  static const MonotonicClock kClock;
  try {
    return std::make_unique<SubmodelRunnable>(processor, std::move(submodel), inputs, options, kClock);
  } catch (const Error& error) {
    // That a provider does not take a model is what is to be found out.
    throw Declined(Support::no(fmt::format("{} makes no session: {}", processor.provider(), error.problem())));
  }
}

}  // namespace hetscope
