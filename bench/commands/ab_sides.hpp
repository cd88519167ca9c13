// What `hetscope ab` compares: where the base and the candidate come from, and how one launch of both is measured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/commands/command.hpp"
#include "harness/core/random.hpp"

namespace hetscope {

// A base and its candidate.
class AbPair {
 public:
  virtual ~AbPair() = default;
  virtual std::string name() const = 0;  // what both share
  virtual std::string base_name() const = 0;
  virtual std::string candidate_name() const = 0;
  // Two records, base and candidate, the second naming the first as its baseline, each measured for about `seconds` (a
  // command measures for as long as it likes). `identity` has the launch's session.
  std::vector<Record> launch(int number, double seconds, const RunIdentity& identity, Random& random) {
    std::vector<Record> records = measure(number, seconds, identity, random);
    // Also where both are of one case.
    records[1].baseline_case = records[0].item.line();
    return records;
  }

 private:
  // Base and candidate.
  virtual std::vector<Record> measure(int number, double seconds, const RunIdentity& identity, Random& random) = 0;
};

// Two cases of this build, in the rounds of one worker; two equal ones are an A/A pair. `name` is what both share.
std::unique_ptr<AbPair> make_case_pair(Case base, Case candidate, std::string name, std::string base_name,
                                       std::string candidate_name, std::string meter, bool energy);

// The command line's --a and --b in their three forms.
struct AbSides {
  std::string a, b;              // words of a case line: kernel=..., processor=..., AXIS=VALUE
  std::string a_build, b_build;  // hetscope programs; "": this one
  std::string a_command, b_command;
  std::string command_row;  // words of the one result that is meant where a tool prints several
  double command_timeout_s = 600;

  void add_options(CLI::App& command);
  nlohmann::json describe() const;
  // Throws Error for what does not make pairs.
  std::vector<std::unique_ptr<AbPair>> pairs(const Selection& selection, const std::string& meter,
                                             const Catalog& catalog) const;
};

}  // namespace hetscope
