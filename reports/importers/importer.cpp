// The list of importers, the choice among them, and what all rows have in common.
#include "reports/importers/importer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/sha256.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish_hex();
}

// A UUID of version 8 (RFC 9562: made from content), so that the same file imported twice is the same run.
std::string uuid_of(const std::string& hex) {
  std::string uuid = hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-8" + hex.substr(13, 3) + "-8" + hex.substr(17, 3) +
                     "-" + hex.substr(20, 12);
  return uuid;
}

std::vector<std::string> importer_names() {
  std::vector<std::string> names;
  for (const auto& importer : importers()) names.emplace_back(importer->name());
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Whatever the file held, texts of a row are single short lines.
void clean_texts(Record& record) {
  record.reason = clean_text(record.reason);
  for (PlacementRecord& place : record.placement) {
    for (std::string* text : {&place.requested, &place.actual, &place.evidence}) *text = clean_text(*text);
  }
}

void refuse(Record& record, Status status, std::string reason) {
  if (record.status != Status::ok) return;
  record.status = status;
  record.reason = std::move(reason);
}

double metric_or_nan(const Record& record, const char* name) {
  const auto found = record.metrics.find(name);
  return found == record.metrics.end() ? std::nan("") : found->second.value;
}

// Figures that contradict themselves: no time, less than nothing, or a mean outside of what it is the mean of.
void judge(Record& record) {
  // Printed figures are rounded, to six digits by C++ streams.
  constexpr double kRounding = 1e-4;
  if (record.prepare_ns < 0 || std::isinf(record.prepare_ns)) record.prepare_ns = std::nan("");
  std::erase_if(record.latencies, [&record](const auto& entry) {
    const double figure = entry.second.figure_ns();
    return entry.first != record.clock && (!std::isfinite(figure) || figure < 0);
  });
  const LatencyRecord* latency = record.latency();
  if (latency == nullptr) {
    if (record.metrics.empty()) refuse(record, Status::failed, "the tool printed no figure for this row");
    return;
  }
  const double figure = latency->figure_ns();
  if (!std::isfinite(figure) || figure < 0) {
    refuse(record, Status::failed, "the tool printed a time that is no time");
    record.latencies.clear();
    record.clock.clear();
    return;
  }
  if (figure == 0) refuse(record, Status::unstable, "the tool printed 0: shorter than it can tell");
  const double low = metric_or_nan(record, "min_ns");
  const double high = metric_or_nan(record, "max_ns");
  if (low > figure * (1 + kRounding) || high < figure * (1 - kRounding)) {
    refuse(record, Status::mistrusted,
           "the tool's " + std::string(to_string(latency->statistic)) + " is not between its minimum and maximum");
  }
}

}  // namespace

const std::vector<std::unique_ptr<Importer>>& importers() {
  static const std::vector<std::unique_ptr<Importer>> kImporters = [] {
    std::vector<std::unique_ptr<Importer>> list;
#define HETSCOPE_IMPORTER(id)                      \
  list.push_back(make_importer<ImporterId::id>()); \
  assert(list.back()->name() == #id && "Type::name() differs from its line");
#include "reports/importers/importers.inc"
#undef HETSCOPE_IMPORTER
    return list;
  }();
  return kImporters;
}

const Importer& importer_named(std::string_view name) {
  for (const auto& importer : importers()) {
    if (importer->name() == name) return *importer;
  }
  throw unknown_name("format", name, importer_names());
}

const Importer& detect_importer(const ImportInput& input) {
  for (const std::string_view text : {input.text, input.second_text}) {
    int best_score = 0;
    std::vector<const Importer*> best;
    for (const auto& importer : importers()) {
      const int score = importer->detects(text);
      if (score < best_score || score == 0) continue;
      if (score > best_score) best.clear();
      best_score = score;
      best.push_back(importer.get());
    }
    if (best.size() == 1) return *best.front();
    if (best.size() > 1) {
      std::vector<std::string> names;
      for (const Importer* importer : best) names.emplace_back(importer->name());
      throw Error("the file could be " + joined(names), input.path, "name the format");
    }
  }
  throw Error("no known format is recognised", input.path, "name the format: " + joined(importer_names()));
}

ImportResult import_text(const Importer& importer, const ImportInput& input) {
  ImportResult result = importer.parse(input);
  if (result.records.empty()) {
    throw Error("holds no " + std::string(importer.name()) + " output", input.path,
                "use format 'auto', or another file");
  }
  const std::string first = sha256_hex(input.text);
  const std::string second = sha256_hex(input.second_text);
  const std::string both = input.second_text.empty() ? first : sha256_hex(first + second);

  result.tool_version = clean_text(result.tool_version);
  std::map<std::string, std::int64_t> seen;
  for (Record& record : result.records) {
    record.run_uuid = uuid_of(both);
    record.session = "import-" + both.substr(0, 16);
    record.scenario = "import";
    SourceRecord& source = *record.source;
    source.tool = result.tool;
    source.tool_version = result.tool_version;
    source.parser = std::string(importer.name()) + "/" + std::to_string(importer.version());
    source.file_sha256 = source.file_sha256 == kSecondStream ? second : first;
    judge(record);
    clean_texts(record);
    if (input.exit_code.value_or(0) != 0 && record.status != Status::failed) {
      record.status = Status::failed;
      record.reason = "the tool ended with exit code " + std::to_string(*input.exit_code);
    }
    // Readers take the last record of a case line; a tool that ran a model twice printed two results.
    if (const std::int64_t count = ++seen[record.item.line()]; count > 1) record.item.set("occurrence", count);
    record.group = record.item.line();
  }
  return result;
}

}  // namespace hetscope
