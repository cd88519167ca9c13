// Every row without a trusted result with its reason, the faults of loading, and how to run each row again.
#include <algorithm>
#include <cmath>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::string_view meaning_of(Status status) {
  switch (status) {
    case Status::ok:
      return "";
    case Status::unsupported:
      return "cannot run here, by the kernel's own word";
    case Status::skipped:
      return "not tried";
    case Status::mismatch:
      return "the answer is wrong, so it has no latency";
    case Status::unstable:
      return "too few effective samples to trust the time";
    case Status::mistrusted:
      return "above its roof or at odds with itself, so something is wrong with the time or with what it is judged by";
    case Status::failed:
      return "an error, a crash or a time-out";
  }
  return "";
}

// What is known about the row beside its reason.
std::string detail_of(const Record& record) {
  std::string text;
  if (record.verify && record.status == Status::mismatch) {
    text = "largest error " + format_number(record.verify->max_abs_error) + ", " +
           format_number(record.verify->max_scaled_error) + " times the tolerance";
  }
  if (const LatencyRecord* latency = record.latency()) {
    const bool is_mean = latency->statistic == Statistic::mean;
    text += (text.empty() ? "" : "; ") + std::string(is_mean ? "" : "median ") + figure_text(*latency);
    if (std::isfinite(latency->ci95_low_ns)) {
      text += " " + time_range_text(latency->ci95_low_ns, latency->ci95_high_ns);
    }
    if (latency->n > 0) text += ", n " + std::to_string(latency->n);
  }
  return text;
}

Tone tone_of(Status status) {
  return status == Status::mismatch || status == Status::failed ? Tone::bad : Tone::warning;
}

}  // namespace

void compose_problems(const Summary& summary, Document& document) {
  if (!summary.problems.empty()) {
    document.add(Heading{2, "Rows without a trusted result"});
    Status current = Status::ok;
    for (const ReasonGroup& group : summary.problems) {
      if (group.status != current) {
        current = group.status;
        document.add(Heading{3, std::string(to_string(current)) + " (" + std::to_string(summary.counts.at(current)) +
                                    "): " + std::string(meaning_of(current))});
      }
      const std::string reason = group.reason.empty() ? "no reason was recorded" : group.reason;
      Details details{count_of(group.rows.size(), "row") + ": " + reason, {}};
      Table table;
      table.columns = {{"case"}, {"status"}, {"details"}};
      for (const Row* row : group.rows) {
        table.rows.push_back({{summary.run_prefix(row->run) + row->line, {}, Tone::plain, true},
                              {std::string(to_string(group.status)), {}, tone_of(group.status)},
                              {detail_of(*row->record)}});
      }
      details.blocks.push_back({std::move(table)});
      document.add(std::move(details));
    }
  }
  if (!summary.faults.empty()) {
    document.add(Heading{2, "Faults of loading"});
    document.add(Paragraph{"These parts of the input could not be read and are missing above."});
    document.add(List{summary.faults});
  }
}

void compose_reproduction(const Summary& summary, Document& document) {
  if (summary.rows.empty()) return;
  document.add(Heading{2, "How to reproduce"});
  Code runs;
  for (const RunInfo& run : summary.runs) {
    std::string command;
    for (const std::string& word : run.command) command += (command.empty() ? "" : " ") + shell_quoted(word);
    if (!command.empty()) runs.lines.push_back(std::move(command));
  }
  if (!runs.lines.empty()) {
    document.add(Paragraph{"The whole, with the same build on the same device:"});
    document.add(std::move(runs));
  }
  std::vector<std::string> lines;
  for (const Row& row : summary.rows) {
    if (!row.record->source) lines.push_back(row.line);  // another program measured it
  }
  // The same case in several runs is one command.
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  if (lines.empty()) return;
  document.add(Paragraph{"One row (--case may be repeated; the result goes to --out):"});
  Table rows;
  rows.columns = {{"command", false, true}};
  for (std::string& line : lines) rows.rows.push_back({{std::move(line), {}, Tone::plain, true}});
  Details details{"Commands for " + count_of(rows.rows.size(), "case"), {}};
  details.blocks.push_back({std::move(rows)});
  document.add(std::move(details));
}

}  // namespace hetscope
