// libFuzzer behind the importers: whatever the text, an import ends in rows that keep the rules of the golden tests, or
// in one Error. HETSCOPE_FUZZ_FORMAT names the importer. A line "=== second stream" begins the other stream.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/error.hpp"
#include "reports/importers/importer.hpp"
#include "tests/golden/importers/import_samples.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hetscope {
namespace {

constexpr std::string_view kSeparator = "\n=== second stream\n";

// "every": an input goes to each importer that claims it, so that one corpus of all samples reaches all of them.
const std::string& chosen() {
  static const std::string kChosen = [] {
    const char* name = std::getenv("HETSCOPE_FUZZ_FORMAT");
    if (name == nullptr) {
      std::fprintf(stderr, "HETSCOPE_FUZZ_FORMAT is not set: name an importer, or say every\n");
      std::exit(2);
    }
    return std::string(name);
  }();
  return kChosen;
}

void import_by(const Importer& importer, const ImportInput& input, std::size_t schema_rows) {
  try {
    const ImportResult result = import_text(importer, input);
    const std::string fault = samples::violation(input, result, schema_rows);
    if (fault.empty()) return;
    std::fprintf(stderr, "%s: %s\n", std::string(importer.name()).c_str(), fault.c_str());
    std::abort();
  } catch (const Error&) {
    return;
  }
}

void import_one(std::string_view text, std::size_t schema_rows) {
  ImportInput input;
  const std::size_t cut = text.find(kSeparator);
  input.text = text.substr(0, cut);
  if (cut != std::string_view::npos) input.second_text = text.substr(cut + kSeparator.size());
  input.path = "fuzz";
  if (chosen() != "every") {
    const Importer& importer = importer_named(chosen());
    importer.detects(input.text);
    return import_by(importer, input, schema_rows);
  }
  for (const auto& importer : importers()) {
    if (importer->detects(input.text)) import_by(*importer, input, schema_rows);
  }
}

}  // namespace
}  // namespace hetscope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::uint64_t count = 0;
  // The schema costs a thousand times what an import costs.
  hetscope::import_one({reinterpret_cast<const char*>(data), size}, ++count % 64 == 0 ? 4 : 0);
  return 0;
}
