// Title, questions, what was measured on what, and how sure that is.
#include <algorithm>
#include <array>
#include <set>

#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::vector<ScenarioInfo> distinct_scenarios(const Summary& summary) {
  std::vector<ScenarioInfo> result;
  for (const RunInfo& run : summary.runs) {
    for (const ScenarioInfo& scenario : run.scenarios) {
      const bool is_known = std::any_of(result.begin(), result.end(), [&scenario](const ScenarioInfo& known) {
        return known.name == scenario.name && known.title == scenario.title && known.question == scenario.question;
      });
      if (!is_known) result.push_back(scenario);
    }
  }
  return result;
}

std::string counts_text(const Summary& summary) {
  constexpr std::array<Status, 7> kOrder = {Status::ok,       Status::unsupported, Status::skipped, Status::mismatch,
                                            Status::unstable, Status::mistrusted,  Status::failed};
  std::string text;
  for (Status status : kOrder) {
    const auto found = summary.counts.find(status);
    if (found == summary.counts.end()) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(found->second) + " " + std::string(to_string(status));
  }
  return text;
}

std::string device_text(const Summary& summary) {
  std::vector<std::string> devices;
  for (const Row& row : summary.rows) {
    std::string name = row.record->device_model.empty() ? "an unnamed device" : row.record->device_model;
    const std::string cpu = fact_of(summary.runs[row.run].host, "cpu_model");
    if (!cpu.empty()) name += " (" + cpu + ")";
    if (std::find(devices.begin(), devices.end(), name) == devices.end()) devices.push_back(name);
    if (devices.size() > 4) {
      devices.back() = "others";
      break;
    }
  }
  std::string text;
  for (const std::string& device : devices) text += (text.empty() ? "" : ", ") + device;
  return text;
}

void add_what(const Summary& summary, Document& document) {
  if (summary.rows.empty()) {
    document.add(
        Paragraph{"There is no record in the input: nothing was measured, so nothing follows.", Tone::warning});
    return;
  }
  document.add(Paragraph{count_of(summary.rows.size(), "case") + " on " + device_text(summary) + ": " +
                         counts_text(summary) + ". " + count_of(summary.sessions, "session") + " on " +
                         count_of(summary.device_units, "device unit") + "."});
  if (summary.counts.count(Status::ok) == 0) {
    document.add(Paragraph{"No case has a result. Every row stands below with its reason.", Tone::warning});
    return;
  }
  if (summary.sessions <= 1) {
    document.add(
        Paragraph{"This is one session. One session alone never gives GO: launching again, rebooting or another "
                  "unit of the device can move every number here at once.",
                  Tone::warning});
  } else {
    document.add(Paragraph{
        "Answers pool the sessions; the comparisons further down are each of one session, and one session alone "
        "never gives GO."});
  }
}

}  // namespace

void compose_overview(const Summary& summary, const Answers& answers, Document& document) {
  const std::vector<ScenarioInfo> scenarios = distinct_scenarios(summary);
  std::string titles;
  for (const ScenarioInfo& scenario : scenarios) {
    titles += (titles.empty() ? "" : " \u00b7 ") + (scenario.title.empty() ? scenario.name : scenario.title);
  }
  document.title = titles.empty() ? "hetscope report" : titles;
  std::set<std::string> answered;
  for (const Decision& decision : answers.decisions) {
    for (const QuestionDecision& answer : decision.questions) answered.insert(answer.question->question);
  }
  for (const ScenarioInfo& scenario : scenarios) {
    if (!scenario.question.empty() && answered.count(scenario.question) == 0) {
      document.add(Paragraph{scenario.question});
    }
  }
  add_what(summary, document);
  // Else each answer has them among its doubts.
  if (answered.empty()) {
    for (const std::string& caution : summary.cautions) document.add(Paragraph{caution, Tone::warning});
  }
  if (!summary.faults.empty()) {
    document.add(Paragraph{count_of(summary.faults.size(), "fault") + " in reading the input; see Faults of loading.",
                           Tone::warning});
  }
}

}  // namespace hetscope
