// What a baseline, a foreign program that runs a model, is told and what it answers: one JSON object a line, each way.
// docs/baselines.md is the contract. Whatever it prints, a line is an answer, chatter, or an Error with its reason.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/kernel/runnable.hpp"

namespace hetscope {

inline constexpr std::string_view kBaselineProtocol = "hetscope/baseline/1";
inline constexpr std::size_t kMaxBaselineLineBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxBaselineTensors = 64;

// A tensor that lies in a file: its elements in row-major order, little-endian, nothing else.
struct BaselineTensor {
  std::string name;
  std::string dtype;  // of the elements in the file: "f32" or "i32"
  Dims shape;         // {} is a scalar
  std::string path;
};

struct BaselineLoad {
  std::string model;   // path of the ONNX file
  std::string sha256;  // of it
  std::vector<BaselineTensor> inputs;
  std::string precision;  // "f32", "f16", "i8"
  std::string device;     // "cpu"
  int threads = 1;
  std::vector<int> affinity;            // CPUs that it may use
  std::string work;                     // directory for what it writes, gone afterwards
  std::string conversions;              // directory where converted models are kept
  std::vector<BaselineTensor> outputs;  // name and shape, in the order in which they are wanted
};

std::string load_line(const BaselineLoad& load);
std::string run_line(std::int64_t iterations);
std::string report_line();

// One answer. Which fields count depends on `kind`.
struct BaselineAnswer {
  enum class Kind {
    receipt,      // name and version, the answer to --version
    ready,        // loaded and warm
    samples,      // samples_ns
    report,       // outputs, placement
    unsupported,  // the framework cannot do this
    skipped,      // something optional is missing: a package, a conversion
    failed
  };
  Kind kind = Kind::failed;
  std::string reason;  // of the last three, never empty
  std::string name, version;
  std::vector<std::int64_t> samples_ns;  // of each iteration, by its own clock
  std::vector<BaselineTensor> outputs;
  std::vector<Placement> placement;
  Metrics metrics;
  std::map<std::string, std::string> notes;
};

// Nothing: the line is no answer, such as what a framework prints on its own. Throws Error for an answer that cannot be
// understood: a missing or wrong member, a number that is none, more than the limits allow.
std::optional<BaselineAnswer> parse_baseline_answer(std::string_view line);

}  // namespace hetscope
