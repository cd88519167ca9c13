// How the verdicts of `ab` and `compare` are printed, and which exit code they give.
#pragma once

#include <string>
#include <vector>

#include "bench/commands/command.hpp"
#include "reports/launch_comparison.hpp"

namespace hetscope {

// Name and version of the way `ab` stops and judges.
inline constexpr const char* kAbRule = "ab-launches/1";

struct AbResult {
  std::string name;  // what both sides share
  std::string base_name, candidate_name;
  LaunchComparison comparison;
  double spent_s = 0;
};

struct AbFormat {
  double margin = 0.02;
  std::string form = "text";        // text, md, json
  std::string fail_on = "unclear";  // slower: an undecided pair is no failure

  void add_options(CLI::App& command);
  // Throws Error for a margin outside (0, 1).
  void check() const;
  // One pair in one line.
  std::string line(const AbResult& result) const;
  // All pairs; Markdown has at most 20 lines.
  std::string text(const std::vector<AbResult>& results) const;
  // 1 when one is slower, else 3 when one is undecided, else 0.
  int exit_code(const std::vector<AbResult>& results) const;
};

}  // namespace hetscope
