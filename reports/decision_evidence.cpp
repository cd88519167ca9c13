// Which rows speak to a question, each candidate beside its baseline of the same session, and which do not count.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "harness/core/random.hpp"
#include "harness/core/units.hpp"
#include "reports/decision.hpp"
#include "reports/latency_series.hpp"
#include "reports/summary.hpp"

namespace hetscope {
namespace {

// A row and the run it is of.
struct LocatedRecord {
  const Record* record = nullptr;
  std::size_t run = 0;
};

using SessionKey = std::tuple<std::size_t, std::string, std::string>;  // run, session, group

// Device model, processors, alternative, candidate's line.
using CandidateKey = std::tuple<std::string, std::string, std::string, std::string>;
using RatiosByBaseline = std::map<std::string, std::vector<SessionRatio>>;

class Collector {
 public:
  Collector(const ReportInput& input, const std::vector<RunInfo>& runs, QuestionDecision& decision)
      : input_(input), runs_(runs), rule_(decision.question->rule), decision_(decision) {}

  void collect() {
    std::map<SessionKey, std::vector<LocatedRecord>> groups;
    std::vector<LocatedRecord> candidates;
    for (std::size_t run = 0; run < input_.runs.size(); ++run) {
      for (const Record& record : input_.runs[run].records) {
        if (!rule_.where.matches(record)) continue;
        groups[{run, record.session, record.group}].push_back({&record, run});
        const bool is_baseline = rule_.baseline ? rule_.baseline->matches(record) : record.baseline_case.empty();
        if (!is_baseline && rule_.candidate.matches(record)) candidates.push_back({&record, run});
      }
    }
    for (const LocatedRecord& candidate : candidates) {
      pair(candidate, groups[{candidate.run, candidate.record->session, candidate.record->group}]);
    }
    for (const auto& [key, baselines] : pairs_) add_row(key, baselines);
  }

 private:
  void leave_out(const LocatedRecord& place, const std::string& reason) {
    auto& list = decision_.not_counted;
    const auto known =
        std::find_if(list.begin(), list.end(), [&reason](const NotCounted& item) { return item.reason == reason; });
    if (known == list.end()) {
      list.push_back({reason, 1, place.record->item.line()});
    } else {
      ++known->rows;
    }
  }

  // What stands in the way of a row whatever its baseline; "" when nothing does.
  std::string why_not(const LocatedRecord& place) const {
    const Record& record = *place.record;
    if (!has_time(record)) return std::string(to_string(record.status)) + ": " + record.reason;
    if (record.source) return "imported: another tool's figure decides nothing";
    for (const MetricLimit& limit : rule_.limits) {
      const auto metric = record.metrics.find(limit.metric);
      if (metric == record.metrics.end()) return "has no metric '" + limit.metric + "', which the rule limits";
      if (!(metric->second.value <= limit.most)) {
        return limit.metric + " is above the rule's limit of " + format_number(limit.most);
      }
    }
    return rule_.needs_gpu ? why_no_gpu(place) : "";
  }

  std::string why_no_gpu(const LocatedRecord& place) const {
    for (const std::string& name : place.record->item.processors()) {
      const ProcessorFacts* facts = runs_[place.run].processor(name);
      if (facts == nullptr) return "what kind of device is behind " + name + " was not recorded";
      if (!facts->runs_on_host_cpu && facts->kind != "cpu") return "";
    }
    return "ran on the host's CPU, and the question is about a GPU";
  }

  void pair(const LocatedRecord& candidate, const std::vector<LocatedRecord>& group) {
    if (const std::string reason = why_not(candidate); !reason.empty()) return leave_out(candidate, reason);
    const Record& record = *candidate.record;
    if (!seen_.insert({record.session, record.group, record.item.line()}).second) {
      return leave_out(candidate, "given more than once (same session and case)");
    }
    bool is_paired = false;
    std::string reason = "has no baseline in its group";
    for (const LocatedRecord& other : group) {
      const bool is_baseline = rule_.baseline ? other.record != &record && rule_.baseline->matches(*other.record)
                                              : other.record->item.line() == record.baseline_case;
      if (!is_baseline) continue;
      if (!has_time(*other.record)) {
        reason = "its baseline is " + std::string(to_string(other.record->status)) + ": " + other.record->reason;
        continue;
      }
      SessionRatio ratio =
          ratio_in_session({other.record, &record}, {rule_.metric, rule_.clock, rule_.higher_is_better});
      if (!ratio.reason.empty()) {
        reason = ratio.reason;
        continue;
      }
      pairs_[key_of(candidate)][other.record->item.line()].push_back(std::move(ratio));
      is_paired = true;
    }
    if (!is_paired) leave_out(candidate, reason);
  }

  CandidateKey key_of(const LocatedRecord& place) const {
    const Record& record = *place.record;
    std::string processors;
    for (const std::string& name : record.item.processors()) {
      const ProcessorFacts* facts = runs_[place.run].processor(name);
      const std::string model = facts == nullptr || facts->model.empty() ? name : facts->model;
      const bool is_disguised = facts != nullptr && facts->runs_on_host_cpu && facts->name != "cpu";
      processors += (processors.empty() ? "" : " + ") + model + (is_disguised ? " (host CPU)" : "");
    }
    std::string alternative;
    for (const std::string& word : rule_.alternatives_by) {
      alternative += (alternative.empty() ? "" : " ") + word + "=" + selected_word(record, word);
    }
    return {record.device_model, processors, alternative, record.item.line()};
  }

  // Of several baselines the best counts: the one with the lowest median (of what is better when higher, the highest)
  // in the most sessions. Chosen over all sessions at once, so that no session may pick its own.
  void add_row(const CandidateKey& key, const RatiosByBaseline& baselines) {
    const auto typical = [](const std::vector<SessionRatio>& sessions) {
      std::vector<double> values;
      for (const SessionRatio& session : sessions) values.push_back(session.baseline);
      return median(values);
    };
    const auto best = std::min_element(baselines.begin(), baselines.end(), [&](const auto& a, const auto& b) {
      if (a.second.size() != b.second.size()) return a.second.size() > b.second.size();
      const double left = typical(a.second);
      const double right = typical(b.second);
      return rule_.higher_is_better ? left > right : left < right;
    });
    const auto& [model, processors, alternative, line] = key;
    Evidence evidence;
    evidence.candidate = line;
    evidence.baseline = best->first;
    keep_one_source(best->second, evidence);
    place(model, processors, alternative).rows.push_back(std::move(evidence));
  }

  // Clocks and kinds of energy are never mixed: the one that most sessions have counts.
  static void keep_one_source(const std::vector<SessionRatio>& sessions, Evidence& evidence) {
    std::map<std::string, std::size_t> counts;
    for (const SessionRatio& session : sessions) ++counts[session.source];
    evidence.source = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->first;
    for (const SessionRatio& session : sessions) {
      if (session.source == evidence.source) evidence.sessions.push_back(session);
    }
  }

  Alternative& place(const std::string& model, const std::string& processors, const std::string& alternative) {
    auto& generations = decision_.generations;
    auto generation = std::find_if(generations.begin(), generations.end(), [&](const GenerationDecision& item) {
      return item.device_model == model && item.processors == processors;
    });
    if (generation == generations.end()) {
      generations.emplace_back();
      generation = generations.end() - 1;
      generation->device_model = model;
      generation->processors = processors;
    }
    auto& alternatives = generation->alternatives;
    const auto known = std::find_if(alternatives.begin(), alternatives.end(),
                                    [&](const Alternative& item) { return item.name == alternative; });
    if (known != alternatives.end()) return *known;
    alternatives.emplace_back();
    alternatives.back().name = alternative;
    return alternatives.back();
  }

  const ReportInput& input_;
  const std::vector<RunInfo>& runs_;
  const DecisionRule& rule_;
  QuestionDecision& decision_;
  std::map<CandidateKey, RatiosByBaseline> pairs_;
  std::set<std::tuple<std::string, std::string, std::string>> seen_;  // the same run may be given twice
};

}  // namespace

void collect_evidence(const ReportInput& input, const std::vector<RunInfo>& runs, QuestionDecision& decision) {
  Collector(input, runs, decision).collect();
}

}  // namespace hetscope
