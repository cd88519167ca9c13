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

const Importer& chosen() {
  static const Importer& kChosen = []() -> const Importer& {
    const char* name = std::getenv("HETSCOPE_FUZZ_FORMAT");
    if (name == nullptr) {
      std::fprintf(stderr, "HETSCOPE_FUZZ_FORMAT is not set: name an importer\n");
      std::exit(2);
    }
    return importer_named(name);
  }();
  return kChosen;
}

void import_one(std::string_view text, std::size_t schema_rows) {
  ImportInput input;
  const std::size_t cut = text.find(kSeparator);
  input.text = text.substr(0, cut);
  if (cut != std::string_view::npos) input.second_text = text.substr(cut + kSeparator.size());
  input.path = "fuzz";
  chosen().detects(input.text);
  try {
    const ImportResult result = import_text(chosen(), input);
    const std::string fault = samples::violation(input, result, schema_rows);
    if (fault.empty()) return;
    std::fprintf(stderr, "%s: %s\n", std::string(chosen().name()).c_str(), fault.c_str());
    std::abort();
  } catch (const Error&) {
    return;
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
