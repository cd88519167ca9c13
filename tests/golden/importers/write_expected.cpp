// Writes NAME.expected.json beside every sample of the folder that it is given. Only for new samples and deliberate
// changes of an importer: what it writes is read by a person before it is kept.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/golden/importers/import_samples.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_import_expectations tests/golden/importers\n");
    return 2;
  }
  for (const auto& sample : hetscope::samples::load(argv[1])) {
    std::ofstream(sample.path + ".expected.json") << hetscope::samples::outcome(sample).dump(1) << "\n";
  }
  return 0;
}
