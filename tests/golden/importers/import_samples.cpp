// Loading samples, and the rules that hold for every imported row.
#include "tests/golden/importers/import_samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/record/schema_check.hpp"

namespace hetscope::samples {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string from_hex(const std::string& text) {
  std::string bytes;
  std::string pair;
  for (const char c : text) {
    if (c == '\n') continue;
    pair += c;
    if (pair.size() < 2) continue;
    bytes += static_cast<char>(std::strtol(pair.c_str(), nullptr, 16));
    pair.clear();
  }
  return bytes;
}

// Every number that stands in `text`, in any unit of time; of a binary text every number that its bytes could be.
class Numbers {
 public:
  Numbers(std::string_view text, bool is_binary) {
    const std::string copy(text);
    for (std::size_t at = 0; at < copy.size(); ++at) {
      const bool is_inside = at > 0 && (std::isdigit(static_cast<unsigned char>(copy[at - 1])) != 0);
      if (is_inside || std::strchr("0123456789.", copy[at]) == nullptr || copy[at] == '\0') continue;
      add(std::strtod(copy.c_str() + at, nullptr));
      add(std::strtod(copy.substr(at, copy.find_first_not_of("0123456789", at) - at).c_str(), nullptr));
      // A number that something else follows: 1.5e is 1.5 and 1.2.3 begins with 1.2.
      add(std::strtod(copy.substr(at, copy.find_first_not_of("0123456789.", at) - at).c_str(), nullptr));
    }
    for (std::size_t at = 0; is_binary && at < text.size(); ++at) add_bytes(text.substr(at));
    std::sort(values_.begin(), values_.end());
  }

  bool has(double value) const {
    for (const double unit : {1.0, 1e3, 1e6, 1e9}) {
      const double wanted = std::abs(value) / unit;
      const double slack = wanted * 1e-12;
      const auto found = std::lower_bound(values_.begin(), values_.end(), wanted - slack);
      if (found != values_.end() && *found <= wanted + slack) return true;
    }
    return false;
  }

 private:
  // The float and the variable-length integer that begin here.
  void add_bytes(std::string_view bytes) {
    if (float value = 0; bytes.size() >= sizeof value) {
      std::memcpy(&value, bytes.data(), sizeof value);
      add(static_cast<double>(value));
    }
    std::uint64_t integer = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 9); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      integer |= static_cast<std::uint64_t>(byte & 0x7fU) << (7 * i);
      if ((byte & 0x80U) != 0) continue;
      add(static_cast<double>(integer));
      return;
    }
  }
  void add(double value) {
    if (std::isfinite(value)) values_.push_back(std::abs(value));
  }
  std::vector<double> values_;
};

// Each sample's time is in the text; the figures lie within them.
std::string samples_violation(const LatencyRecord& latency, const Numbers& numbers) {
  double low = latency.median_ns;
  double high = latency.median_ns;
  for (std::size_t i = 0; i < latency.totals_ns.size(); ++i) {
    const double sample = latency.totals_ns[i] / static_cast<double>(latency.iterations[i]);
    if (!numbers.has(sample)) return "a sample is not in the text";
    low = std::min(low, sample);
    high = std::max(high, sample);
  }
  if (latency.n < std::ssize(latency.totals_ns)) return "n is less than the samples";
  if (latency.totals_ns.size() < 2000 &&
      (latency.median_ns < low || latency.median_ns > high || latency.p95_ns > high * (1 + 1e-12))) {
    return "a figure is outside of the samples";
  }
  return {};
}

std::string latency_violation(const LatencyRecord& latency, const Numbers& numbers) {
  if (!std::isnan(latency.ci95_low_ns) || !std::isnan(latency.ci95_high_ns)) return "an interval was invented";
  if (latency.converged || latency.steady) return "nobody looked whether it converged";
  if (!latency.totals_ns.empty()) return samples_violation(latency, numbers);
  for (const double figure : {latency.median_ns, latency.mean_ns, latency.p05_ns, latency.p95_ns}) {
    if (std::isfinite(figure) && !numbers.has(figure)) return "a figure is not in the text";
  }
  if (latency.n > 1 && !numbers.has(static_cast<double>(latency.n))) return "n is not in the text";
  return {};
}

std::string row_violation(const Record& record, const Numbers& numbers) {
  if ((record.status == Status::ok) != record.reason.empty()) return "status and reason do not go together";
  if (!record.clock.empty() && record.latency() == nullptr) return "the clock has no latency";
  for (const auto& [clock, latency] : record.latencies) {
    if (std::string fault = latency_violation(latency, numbers); !fault.empty()) return clock + ": " + fault;
  }
  for (const auto& [name, metric] : record.metrics) {
    if (!numbers.has(metric.value)) return "metric " + name + " is not in the text";
  }
  for (const auto& [name, value] : record.stages_ns) {
    if (!numbers.has(value)) return "stage " + name + " is not in the text";
  }
  if (std::isfinite(record.prepare_ns) && !numbers.has(record.prepare_ns)) return "the set-up time is not in the text";
  for (const auto& [name, value] : record.item.axes()) {
    const std::int64_t* number = std::get_if<std::int64_t>(&value);
    if (number != nullptr && name != "occurrence" && !numbers.has(static_cast<double>(*number))) {
      return "axis " + name + " is not in the text";
    }
  }
  if (!record.energies.empty() || record.edp || record.verify) return "nothing is known of energy and correctness";
  return {};
}

}  // namespace

ImportInput Sample::input() const {
  ImportInput input;
  input.text = text;
  input.second_text = second_text;
  input.path = name;
  input.exit_code = exit_code;
  input.model = model;
  input.processor = processor;
  return input;
}

std::vector<Sample> load(const std::string& root) {
  std::set<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    const bool is_text = name.ends_with(".txt") && !name.ends_with(".second.txt") && name != "CMakeLists.txt";
    if (is_text || name.ends_with(".hex")) paths.insert(entry.path());
  }
  std::vector<Sample> samples;
  for (const fs::path& path : paths) {
    Sample sample;
    sample.format = path.parent_path().filename().string();
    sample.name = path.stem().string();
    sample.path = (path.parent_path() / path.stem()).string();
    sample.text = read_text_file(path.string());
    if (path.extension() == ".hex") sample.text = from_hex(sample.text);
    if (fs::exists(sample.path + ".second.txt")) sample.second_text = read_text_file(sample.path + ".second.txt");
    if (fs::exists(sample.path + ".options.json")) {
      const json options = read_json_file(sample.path + ".options.json");
      if (options.contains("exit_code")) sample.exit_code = options.at("exit_code").get<int>();
      sample.model = options.value("model", "");
      sample.processor = options.value("processor", "");
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

json outcome(const Sample& sample) {
  try {
    const ImportResult result = import_text(importer_named(sample.format), sample.input());
    json rows = json::array();
    for (const Record& record : result.records) {
      json row = to_json(record);
      for (const char* same :
           {"schema", "run_uuid", "session", "boot", "device", "operation", "kernel", "processors", "axes", "group",
            "baseline_case", "scenario", "verify", "energies", "edp_js", "edp_kind", "work", "conditions"}) {
        row.erase(same);
      }
      for (auto& [clock, latency] : row["latencies"].items()) {
        for (const char* same : {"ci95_ns", "converged", "steady", "stop_rule", "discarded", "rounds", "order"}) {
          latency.erase(same);
        }
        for (const char* list : {"iterations", "totals_ns"}) {
          if (latency[list].empty()) latency.erase(list);
        }
      }
      for (const char* optional : {"latencies", "metrics", "placement", "stages_ns"}) {
        if (row[optional].empty()) row.erase(optional);
      }
      row["prepare_ns"] = row["prepare"]["time_ns"];
      row.erase("prepare");
      row["line"] = row["source"]["line"];
      row["timer"] = row["source"]["timer"];
      row.erase("source");
      rows.push_back(std::move(row));
    }
    return {{"records", std::move(rows)},
            {"remarks", result.remarks},
            {"tool", result.tool},
            {"tool_version", result.tool_version}};
  } catch (const Error& error) {
    return {{"error", error.what()}};
  }
}

std::string violation(const ImportInput& input, const ImportResult& result, std::size_t schema_rows) {
  static const SchemaCheck kSchema;
  if (result.records.empty()) return "no row and no complaint";
  const Numbers numbers(std::string(input.text) + "\n" + std::string(input.second_text),
                        result.records.front().source->parser.starts_with("tflite_result_proto"));
  std::set<std::string> lines;
  for (const Record& record : result.records) {
    const std::string line = record.item.line();
    if (!lines.insert(line).second) return line + " is there twice";
    if (std::string fault = row_violation(record, numbers); !fault.empty()) return line + ": " + fault;
    if (schema_rows == 0) continue;
    --schema_rows;
    const std::string written = dump_line(to_json(record));
    const json document = parse_json(written, "row");
    const std::vector<std::string> faults = kSchema.violations(document);
    if (!faults.empty()) return line + ": " + faults.front();
    if (dump_line(to_json(record_from_json(document, "row"))) != written) return line + ": reads back differently";
  }
  return {};
}

}  // namespace hetscope::samples
