// What is taken out, and how it is found; see redact.hpp. The expressions are RE2's: linear in the text, whatever it
// is.
#include "reports/redact.hpp"

#include <array>
#include <map>
#include <set>

#include <re2/re2.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr const char* kRemoved = "[removed]";

struct Rule {
  re2::RE2 expression;
  const char* replacement;
};

const std::array<Rule, 5>& rules() {
  static const std::array<Rule, 5> kRules = {{
      {re2::RE2("(?i)\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b"), kRemoved},
      {re2::RE2("(?i)\\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\\b"), kRemoved},
      // "commit #6ff34ae", "Serial Number: R58M123", "build=1234567": a word with a digit behind the name.
      {re2::RE2("(?i)\\b((?:serial(?:[ _-]?(?:no|number))?|build(?:[ _-]?(?:id|number))?|commit|change[ _-]?id|"
                "fingerprint|imei)[ :=#]+)[\\w.:+/-]*[0-9][\\w.:+/-]*"),
       "\\1[removed]"},
      // "-g6ff34ae12b" and "-ab10186565" of kernel releases.
      {re2::RE2("(?i)-(?:g[0-9a-f]{7,}|ab[0-9]{6,})\\b"), "-[removed]"},
      {re2::RE2("(/home/|/Users/|\\\\Users\\\\)[^/\\\\\\s]+"), "\\1[removed]"},
  }};
  return kRules;
}

// Hexadecimal words of 12 letters and digits or more, and decimal ones of 15 or more (IMEI).
void remove_long_words(std::string& text) {
  static const re2::RE2 kWord("\\b([0-9a-fA-F]{12,})\\b");
  std::string result;
  re2::StringPiece rest(text);
  re2::StringPiece found;
  const char* done = text.data();
  while (re2::RE2::FindAndConsume(&rest, kWord, &found)) {
    const std::string_view word(found.data(), found.size());
    const bool has_letter = word.find_first_of("abcdefABCDEF") != std::string_view::npos;
    result.append(done, static_cast<std::size_t>(word.data() - done));
    result += has_letter || word.size() >= 15 ? std::string_view(kRemoved) : word;
    done = word.data() + word.size();
  }
  result.append(done, static_cast<std::size_t>(text.data() + text.size() - done));
  text = std::move(result);
}

std::string file_name(const std::string& path) { return path.substr(path.find_last_of("/\\") + 1); }

// "/opt/tools/bench model=/srv/net.param" -> "bench model=net.param"
std::string without_directories(std::string text) {
  static const re2::RE2 kDirectories("(^|[\\s=:,'\"])(?:[^\\s=:,'\"/]*/)+");
  re2::RE2::GlobalReplace(&text, kDirectories, "\\1");
  return text;
}

// "5.10.157-android13-4-00001-gfe3d0ec9b1f2" -> "5.10.157"
std::string release_number(const std::string& release) {
  return release.substr(0, release.find_first_not_of("0123456789."));
}

// The same name for the same value, "" for "".
class Pseudonyms {
 public:
  explicit Pseudonyms(std::string prefix) : prefix_(std::move(prefix)) {}
  std::string of(const std::string& value) {
    if (value.empty()) return value;
    const auto [place, is_new] = names_.try_emplace(value, "");
    if (is_new) place->second = prefix_ + std::to_string(names_.size());
    return place->second;
  }

 private:
  std::string prefix_;
  std::map<std::string, std::string> names_;
};

class Redaction {
 public:
  void redact(LoadedRun& run) {
    run.directory = file_name(run.directory);
    for (std::string& fault : run.faults) fault = redacted_text(fault);
    redact_run_json(run);
    for (Record& record : run.records) redact_record(record);
  }

 private:
  void redact_run_json(LoadedRun& run) {
    if (run.run_json.empty()) return;
    try {
      json document = parse_json(run.run_json, "run.json");
      redact_value("", document);
      run.run_json = dump_line(document);
    } catch (const Error& error) {
      run.run_json.clear();
      run.faults.push_back("left out, because nothing can be removed from it: " + redacted_text(error.what()));
    }
  }

  void redact_value(const std::string& name, json& value) {
    if (value.is_structured()) {
      for (auto& [key, member] : value.items()) redact_value(value.is_array() ? name : key, member);
      return;
    }
    if (!value.is_string()) return;
    // Public by nature, or made up for each run.
    static const std::set<std::string> kKept = {"schema", "run_uuid", "sha256"};
    static const std::set<std::string> kDropped = {"git_commit", "binary_sha256"};
    const std::string text = value.get<std::string>();
    if (kKept.count(name) > 0) return;
    if (kDropped.count(name) > 0) {
      value = "";
    } else if (name.find("serial") != std::string::npos || name == "hostname") {
      value = kRemoved;
    } else if (name == "device_unit") {
      value = units_.of(text);
    } else if (name == "boot_id") {
      value = boots_.of(text);
    } else if (name == "kernel") {
      value = release_number(text);
    } else if (name == "path") {
      value = file_name(text);
    } else {
      value = redacted_text(text);
    }
  }

  // Of a baseline: versions, hashes of public models, and which program was called how. A tool's files are its user's.
  static void redact_note(const std::string& name, bool is_of_tool, std::string& text) {
    if (is_of_tool && name.ends_with("sha256")) {
      text = kRemoved;
    } else if (name == "program") {
      text = file_name(text);
    } else if (name == "command") {
      text = redacted_text(without_directories(text));
    } else if (!name.ends_with("sha256")) {
      text = redacted_text(text);
    }
  }

  void redact_record(Record& record) {
    record.device_unit = units_.of(record.device_unit);
    record.boot = boots_.of(record.boot);
    record.reason = redacted_text(record.reason);
    for (PlacementRecord& place : record.placement) {
      place.requested = redacted_text(place.requested);
      place.actual = redacted_text(place.actual);
      place.evidence = redacted_text(place.evidence);
    }
    for (EnergyRecord& energy : record.energies) energy.reason = redacted_text(energy.reason);
    const bool is_of_tool = record.notes.contains("program_sha256");
    for (auto& [name, text] : record.notes) redact_note(name, is_of_tool, text);
    if (!record.source) return;
    // Own cases hold no free text; another tool's model may be a path.
    const std::string before = record.item.line();
    for (const auto& [axis, value] : std::vector(record.item.axes())) {
      if (const auto* text = std::get_if<std::string>(&value)) record.item.set(axis, redacted_text(*text));
    }
    if (record.group == before) record.group = record.item.line();
  }

  Pseudonyms units_{"unit-"};
  Pseudonyms boots_{"boot-"};
};

}  // namespace

std::string redacted_text(std::string_view text) {
  std::string result(text);
  for (const Rule& rule : rules()) re2::RE2::GlobalReplace(&result, rule.expression, rule.replacement);
  remove_long_words(result);
  return result;
}

void redact(ReportInput& input) {
  Redaction redaction;
  for (LoadedRun& run : input.runs) redaction.redact(run);
}

}  // namespace hetscope
