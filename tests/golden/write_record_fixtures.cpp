// Prints the fixtures of tests/fakes/record_fixtures.hpp as JSON lines. record-1.jsonl was made with it and is not made
// again: it stands for the records that users already have.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "harness/record/json.hpp"
#include "tests/fakes/record_fixtures.hpp"

int main() {
  for (const hetscope::Record& record : hetscope::fixtures::every_status()) {
    std::puts(hetscope::dump_line(hetscope::to_json(record)).c_str());
  }
  return 0;
}
