// One row per record and clock, for spreadsheets and scripts.
#include <cmath>
#include <unordered_map>

#include "reports/case_words.hpp"
#include "reports/summary.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr const char* kColumns[] = {"run",
                                    "run_uuid",
                                    "session",
                                    "boot",
                                    "device_model",
                                    "device_unit",
                                    "scenario",
                                    "operation",
                                    "kernel",
                                    "processors",
                                    "host_cpu_opencl",
                                    "axes",
                                    "case",
                                    "group",
                                    "baseline_case",
                                    "status",
                                    "reason",
                                    "clock",
                                    "is_principal",
                                    "statistic",
                                    "median_ns",
                                    "ci95_low_ns",
                                    "ci95_high_ns",
                                    "p05_ns",
                                    "p95_ns",
                                    "mean_ns",
                                    "n",
                                    "converged",
                                    "steady",
                                    "ratio",
                                    "ratio_low",
                                    "ratio_high",
                                    "ratio_rounds",
                                    "verdict",
                                    "energy_j",
                                    "energy_kind",
                                    "energy_meter",
                                    "energy_scope",
                                    "energy_reason",
                                    "edp_js",
                                    "edp_kind",
                                    "useful_bytes",
                                    "useful_flops",
                                    "executed_bytes",
                                    "executed_flops",
                                    "prepare_ns",
                                    "prepare_bytes",
                                    "max_abs_error",
                                    "max_scaled_error",
                                    "metrics",
                                    "other_energies",
                                    "source"};

class RowWriter {
 public:
  explicit RowWriter(std::string& out) : out_(out) {}
  void text(std::string_view value) { field(csv_text(value)); }
  void number(double value) { field(csv_number(value)); }
  void integer(std::int64_t value) { field(std::to_string(value)); }
  void boolean(bool value) { field(value ? "true" : "false"); }
  void empty(int count) {
    for (int i = 0; i < count; ++i) field("");
  }
  void end() { out_ += '\n'; }

 private:
  void field(const std::string& value) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_ += value;
  }
  std::string& out_;
  bool is_first_ = true;
};

std::string metrics_text(const Record& record) {
  std::string text;
  for (const auto& [name, metric] : record.metrics) {
    text += (text.empty() ? "" : "; ") + name + "=" + csv_number(metric.value) + " " + metric.unit;
    if (!metric.roof.empty()) text += " of " + metric.roof;
  }
  return text;
}

void put_identity(const Summary& summary, const Row& row, RowWriter& out) {
  const Record& record = *row.record;
  bool on_host_cpu = false;
  std::string processors;
  CaseWords axes;
  for (const std::string& name : record.item.processors()) {
    const ProcessorFacts* facts = summary.runs[row.run].processor(name);
    on_host_cpu = on_host_cpu || (name.rfind("cpu", 0) != 0 && facts != nullptr && facts->runs_on_host_cpu);
    processors += (processors.empty() ? "" : ",") + name;
  }
  for (const auto& [name, value] : record.item.axes()) axes.emplace_back(name, to_string(value));
  out.integer(static_cast<std::int64_t>(row.run) + 1);
  for (const std::string* text :
       {&record.run_uuid, &record.session, &record.boot, &record.device_model, &record.device_unit, &record.scenario}) {
    out.text(*text);
  }
  out.text(record.item.operation());
  out.text(record.item.kernel());
  out.text(processors);
  out.boolean(on_host_cpu);
  out.text(words_text(axes));
  out.text(row.line);
  out.text(record.group);
  out.text(record.baseline_case);
  out.text(to_string(record.status));
  out.text(record.reason);
}

void put_latency(const Record& record, const std::string& clock, const LatencyRecord* latency, RowWriter& out) {
  if (latency == nullptr) {
    out.empty(12);
    return;
  }
  out.text(clock);
  out.boolean(clock == record.clock);
  out.text(to_string(latency->statistic));
  for (double value : {latency->median_ns, latency->ci95_low_ns, latency->ci95_high_ns, latency->p05_ns,
                       latency->p95_ns, latency->mean_ns}) {
    out.number(value);
  }
  if (latency->n > 0) {
    out.integer(latency->n);
  } else {
    out.empty(1);
  }
  out.boolean(latency->converged);
  out.boolean(latency->steady);
}

void put_comparison(const Comparison* comparison, const std::string& clock, RowWriter& out) {
  if (comparison == nullptr || !comparison->ratio || comparison->clock != clock) {
    out.empty(5);
    return;
  }
  out.number(comparison->ratio->ratio);
  out.number(comparison->ratio->interval.low);
  out.number(comparison->ratio->interval.high);
  out.integer(comparison->ratio->rounds);
  out.text(to_string(comparison->verdict));
}

void put_energy(const Record& record, RowWriter& out) {
  const EnergyRecord* energy = energy_of(record);
  if (energy == nullptr && !record.energies.empty()) energy = &record.energies.front();
  if (energy == nullptr) {
    out.empty(5);
  } else {
    out.number(energy->value_j.value_or(NAN));
    for (const std::string* text : {&energy->kind, &energy->meter, &energy->scope, &energy->reason}) out.text(*text);
  }
  out.number(record.edp ? record.edp->value_js : NAN);
  out.text(record.edp ? record.edp->kind : std::string());
}

void put_rest(const Record& record, RowWriter& out) {
  for (std::int64_t value : {record.useful_bytes, record.useful_flops, record.executed_bytes, record.executed_flops}) {
    out.integer(value);
  }
  out.number(record.prepare_ns);
  out.integer(record.prepare_bytes);
  out.number(record.verify ? record.verify->max_abs_error : NAN);
  out.number(record.verify ? record.verify->max_scaled_error : NAN);
  out.text(metrics_text(record));
  const EnergyRecord* shown = energy_of(record);
  if (shown == nullptr && !record.energies.empty()) shown = &record.energies.front();
  std::string others;
  for (const EnergyRecord& energy : record.energies) {
    if (&energy == shown || !energy.value_j) continue;
    others += (others.empty() ? "" : "; ") + energy.meter + " " + energy.scope + " " + csv_number(*energy.value_j) +
              " J " + energy.kind;
  }
  out.text(others);
  out.text(record.source ? record.source->tool + " read by " + record.source->parser : std::string());
}

}  // namespace

std::string csv_report(const ReportInput& input) {
  const Summary summary = summarise(input);
  std::unordered_map<const Row*, const Comparison*> comparisons;
  for (const Comparison& comparison : summary.comparisons) comparisons[comparison.candidate] = &comparison;
  std::string out;
  for (const char* column : kColumns) out += (out.empty() ? "" : ",") + std::string(column);
  out += '\n';
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    const auto found = comparisons.find(&row);
    const auto put = [&](const std::string& clock, const LatencyRecord* latency) {
      RowWriter writer(out);
      put_identity(summary, row, writer);
      put_latency(record, clock, latency, writer);
      put_comparison(found == comparisons.end() ? nullptr : found->second, clock, writer);
      put_energy(record, writer);
      put_rest(record, writer);
      writer.end();
    };
    if (record.latencies.empty()) put("", nullptr);
    for (const auto& [clock, latency] : record.latencies) put(clock, &latency);
  }
  return out;
}

}  // namespace hetscope
