// Loading, running and reading back through the protocol.
#include "harness/baseline/baseline_runnable.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include <fmt/format.h>

#include "harness/core/cache_directory.hpp"
#include "harness/core/units.hpp"
#include "harness/kernel/kernel.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;
using Kind = BaselineAnswer::Kind;

// A request costs 7 to 16 us, and up to 300 where idle CPUs sleep: 1 % of this.
constexpr std::int64_t kLeastSampleNs = 30'000'000;
// Its clock and ours may differ by reading cost and rate, no more.
constexpr double kClockSlack = 1.05;
constexpr std::int64_t kClockSlackNs = 200'000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Shape shape_of(const Dims& dims) { return Shape(dims); }

void write_bytes(const std::string& path, const HostTensor& tensor) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(tensor.data()), static_cast<std::streamsize>(tensor.size_bytes()));
  if (!file.flush()) throw Error("an input cannot be written", path, "is there room on the disk?");
}

}  // namespace

BaselineRunnable::BaselineRunnable(const Baseline& baseline, const Model& model, const BaselineSettings& settings,
                                   std::span<const Operand> inputs, ThreadPool* pin)
    : baseline_(baseline),
      model_(model),
      pin_(pin),
      process_(std::make_unique<BaselineProcess>(baseline.title, baseline.program)),
      model_sha256_(settings.model_sha256) {
  load(settings, inputs);
}

BaselineRunnable::~BaselineRunnable() = default;

void BaselineRunnable::load(const BaselineSettings& settings, std::span<const Operand> inputs) {
  BaselineLoad load;
  load.model = settings.model_path;
  load.sha256 = settings.model_sha256;
  load.precision = settings.precision;
  load.device = "cpu";
  load.threads = settings.threads;
  load.affinity = settings.cpus;
  load.work = work_.path();
  load.conversions = cache_directory("HETSCOPE_CONVERSIONS", "conversions");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const HostTensor& tensor = inputs[i].tensor;
    const std::string path = fmt::format("{}/input-{}.bin", work_.path(), i);
    write_bytes(path, tensor);
    load.inputs.push_back({inputs[i].name, std::string(to_string(tensor.dtype())), model_.inputs[i].shape, path});
  }
  for (const ModelTensor& output : model_.outputs) load.outputs.push_back({output.name, {}, output.shape, {}});
  ready_ = process_->ask(load_line(load), Kind::ready, baseline_.load_timeout_s);
  if (ready_.kind == Kind::unsupported) throw Declined(Support::no(baseline_.title + ": " + ready_.reason));
  if (ready_.kind == Kind::skipped) throw Declined(Support::absent(baseline_.title + ": " + ready_.reason));
  process_->stop();
}

void BaselineRunnable::enter() {
  if (pin_ != nullptr) pin_->enter();
  is_entered_ = true;
  process_->resume();
}

void BaselineRunnable::leave() {
  process_->stop();
  is_entered_ = false;
  if (pin_ != nullptr) pin_->leave();
}

std::vector<std::int64_t> BaselineRunnable::request(std::int64_t iterations) {
  const std::int64_t begin_ns = now_ns();
  BaselineAnswer answer = process_->ask(run_line(iterations), Kind::samples, baseline_.run_timeout_s);
  const std::int64_t elapsed_ns = now_ns() - begin_ns;
  if (answer.kind != Kind::samples) throw Error(baseline_.title + " refused to run: " + answer.reason);
  if (std::ssize(answer.samples_ns) != iterations) {
    throw Error(fmt::format("{} was asked for {} runs and told the times of {}", baseline_.title, iterations,
                            answer.samples_ns.size()));
  }
  const std::int64_t own_ns = std::accumulate(answer.samples_ns.begin(), answer.samples_ns.end(), std::int64_t{0});
  if (static_cast<double>(own_ns - kClockSlackNs) > kClockSlack * static_cast<double>(elapsed_ns)) {
    throw Error(fmt::format("{} says that its runs took {}, but they were over after {}", baseline_.title,
                            format_ns(static_cast<double>(own_ns)), format_ns(static_cast<double>(elapsed_ns))));
  }
  return std::move(answer.samples_ns);
}

void BaselineRunnable::run(std::int64_t iterations) {
  const std::vector<std::int64_t> samples = request(iterations);
  own_ns_ = std::accumulate(samples.begin(), samples.end(), std::int64_t{0});
}

std::map<std::string, double> BaselineRunnable::own_clocks() {
  return {{kFrameworkClock, static_cast<double>(own_ns_)}};
}

std::int64_t BaselineRunnable::least_sample_ns() const { return kLeastSampleNs; }

void BaselineRunnable::ask_for_report() {
  process_->resume();
  report_ = process_->ask(report_line(), Kind::report, baseline_.load_timeout_s);
  if (!is_entered_) process_->stop();
  if (report_.kind != Kind::report) throw Error(baseline_.title + " gave no report: " + report_.reason);
}

std::vector<HostTensor> BaselineRunnable::outputs() {
  ask_for_report();
  std::vector<HostTensor> result;
  if (report_.outputs.size() != model_.outputs.size()) {
    throw Error(
        fmt::format("{} gave {} outputs, not {}", baseline_.title, report_.outputs.size(), model_.outputs.size()));
  }
  for (std::size_t i = 0; i < model_.outputs.size(); ++i) {
    result.push_back(read_output(report_.outputs[i], model_.outputs[i]));
  }
  return result;
}

HostTensor BaselineRunnable::read_output(const BaselineTensor& tensor, const ModelTensor& expected) const {
  const std::string dtype = host_dtype(expected.dtype);
  if (tensor.dtype != dtype || shape_of(tensor.shape).element_count() != shape_of(expected.shape).element_count()) {
    throw Error(fmt::format("{} gave the output '{}' as {} of {}, not {} of {}", baseline_.title, expected.name,
                            tensor.dtype, shape_of(tensor.shape).to_string(), dtype,
                            shape_of(expected.shape).to_string()));
  }
  // Only what lies in its own directory, and no link out of it.
  std::error_code error;
  if (fs::canonical(fs::path(tensor.path).parent_path(), error).string() != work_.path()) {
    throw Error(baseline_.title + " gave the output '" + expected.name + "' outside its directory", tensor.path);
  }
  HostTensor result(parse_dtype(dtype), shape_of(expected.shape), Layout::row_major(shape_of(expected.shape).rank()));
  const OwnedFd file(::open(tensor.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw Error(baseline_.title + " gave no file for the output '" + expected.name + "'", tensor.path);
  }
  if (static_cast<std::size_t>(status.st_size) != result.size_bytes()) {
    throw Error(fmt::format("{} gave the output '{}' in {} bytes, not {}", baseline_.title, expected.name,
                            status.st_size, result.size_bytes()),
                tensor.path);
  }
  std::size_t at = 0;
  while (at < result.size_bytes()) {
    const ssize_t got = ::read(file.get(), result.data() + at, result.size_bytes() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw Error("an output cannot be read", tensor.path);
    at += static_cast<std::size_t>(got);
  }
  return result;
}

Metrics BaselineRunnable::metrics() {
  ask_for_report();
  Metrics result = ready_.metrics;
  result["model_operators"] = {static_cast<double>(model_.operators), "1", ""};
  result["model_layout_operators"] = {static_cast<double>(model_.layout_operators), "1", ""};
  for (const auto& [name, metric] : report_.metrics) result[name] = metric;
  return result;
}

std::map<std::string, std::string> BaselineRunnable::notes() {
  std::map<std::string, std::string> result = ready_.notes;
  result.insert(report_.notes.begin(), report_.notes.end());
  result["framework"] = baseline_.title;
  result["times"] = baseline_.times;
  result["licence"] = baseline_.licence;
  result["publish"] = baseline_.publish;
  result["model_sha256"] = model_sha256_;
  return result;
}

}  // namespace hetscope
