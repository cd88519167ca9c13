// simdjson on demand: it walks over the lists of samples, which are nearly all of a line, at the speed of memory.
#include "reports/stored_row.hpp"

#include <limits>

#include <simdjson.h>

#include "harness/record/record.hpp"

namespace hetscope {
namespace {

namespace sj = simdjson::ondemand;

// Each of these throws simdjson_error where the name is not there or of another type.
std::string text_of(simdjson::simdjson_result<sj::value> value) { return std::string(value.get_string().value()); }
std::string text_or_empty(simdjson::simdjson_result<sj::value> value) {
  sj::value known = value.value();
  return known.is_null() ? std::string() : std::string(known.get_string().value());
}
double number_or_nan(simdjson::simdjson_result<sj::value> value) {
  sj::value known = value.value();
  return known.is_null() ? std::numeric_limits<double>::quiet_NaN() : known.get_double().value();
}

// The names of a record stand in no order that may be relied on, but are asked for in the one in which hetscope writes
// them (that of the alphabet), so that a search goes round the object once.
void read_latency(sj::object latency, StoredRow& row) {
  auto ends = latency["ci95_ns"];
  sj::value interval = ends.value();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  row.interval = {kNaN, kNaN};
  if (!interval.is_null()) {
    std::size_t count = 0;
    sj::array both = interval.get_array().value();  // a reference into the result would outlive it in the loop
    for (auto end : both) {
      (count == 0 ? row.interval.low : row.interval.high) = end.get_double().value();
      ++count;
    }
    if (count != 2) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  }
  const double mean_ns = number_or_nan(latency["mean_ns"]);
  const double median_ns = number_or_nan(latency["median_ns"]);
  auto statistic = latency["statistic"];
  const bool is_mean =
      statistic.error() == simdjson::SUCCESS && std::string_view(statistic.get_string().value()) == "mean";
  row.figure_ns = is_mean ? mean_ns : median_ns;
}

void read_row(sj::object record, StoredRow& row) {
  row.line = text_of(record["case"]);
  row.clock = text_or_empty(record["clock"]);
  sj::object conditions = record["conditions"].get_object().value();
  row.launch = text_of(conditions["launch"]);
  sj::object device = record["device"].get_object().value();
  row.device_model = text_of(device["model"]);
  row.device_unit = text_of(device["unit"]);
  if (!row.clock.empty()) {
    sj::object latencies = record["latencies"].get_object().value();
    read_latency(latencies[row.clock].get_object().value(), row);
  }
  row.run = text_of(record["run_uuid"]);
  if (text_of(record["schema"]) != kRecordSchema) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  row.session = text_of(record["session"]);
  if (row.run.empty()) row.run = row.session;
  const std::string status = text_of(record["status"]);
  row.has_time = !row.clock.empty() && (status == "ok" || status == "unstable");
}

}  // namespace

struct StoredRowReader::Parser {
  sj::parser parser;
  std::string padded;
};

StoredRowReader::StoredRowReader() : parser_(std::make_unique<Parser>()) {}
StoredRowReader::~StoredRowReader() = default;

bool StoredRowReader::read(std::string_view text, StoredRow& row) {
  std::string& padded = parser_->padded;
  padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(text);
  try {
    sj::document document = parser_->parser.iterate(padded.data(), padded.size(), padded.capacity()).value();
    read_row(document.get_object().value(), row);
    // What follows is not looked at, but a line that is cut off must not pass for a whole one.
    return text.back() == '}' || text.ends_with("}\r");
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

}  // namespace hetscope
