// Which baselines there are: a program each, in any language, that speaks the protocol of docs/baselines.md, or a
// framework's own benchmark program as it is. The list is data (bench/baselines/baselines.json, and the file that
// $HETSCOPE_BASELINES names), so that adding one is one program and one entry.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/baseline/native_tool.hpp"
#include "harness/core/support.hpp"

namespace hetscope {

// The framework's call of one inference as the program that makes the call times it, what Baseline::times says and no
// more. One name for all, so that frameworks are compared on it whatever they are reached by.
inline constexpr const char* kFrameworkClock = "framework_call";

struct Baseline {
  std::string name;                     // the kernel's name in cases: "onnxruntime"
  std::string title;                    // "ONNX Runtime"
  std::vector<std::string> program;     // words, with {here} and {environment} put in
  std::string environment;              // directory of what scripts/baselines/setup.sh installed; "": needs none
  std::vector<std::string> precisions;  // that it can be asked for
  std::string times;                    // what its own clock encloses, in a phrase
  std::string licence;
  std::string publish;  // whether its results may be published
  // Loading includes a conversion that is not there yet. Both stay below the time after which a worker that shows no
  // progress is killed, so that a baseline that hangs costs its row only.
  double load_timeout_s = 100;
  double run_timeout_s = 100;           // of a tool: for a launch
  std::optional<NativeTool> tool = {};  // nothing: it speaks the protocol
};

struct BaselineList {
  // The baseline whose f32 output is right by definition; "": of a list that is added to another.
  std::string reference;
  std::vector<Baseline> baselines;
};

// Reads the list: bench/baselines/baselines.json beside or above the running program, else the copy that is part of it
// (whose programs are then not there, which the rows say). The file that $HETSCOPE_BASELINES names stands in its place
// when it names a reference; without one its entries are added. Throws Error for one that is broken and for two
// baselines of one name.
BaselineList load_baselines();
// `here` is the directory of the list's programs, `environments` that of the environments.
BaselineList parse_baselines(const std::string& text, const std::string& path, const std::string& here,
                             const std::string& environments);

// no(): its environment or program is not here, and how to get it.
Support is_installed(const Baseline& baseline);

// $HETSCOPE_BASELINE_ENVIRONMENTS, or hetscope/baselines in the user's cache directory.
std::string environment_directory();

}  // namespace hetscope
