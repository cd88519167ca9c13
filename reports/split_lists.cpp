// Groups of divided rows sorted into lists, and each list judged as a whole.
#include "reports/split_lists.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reports/row_values.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// Device model, scenario, operation, type, name.
using ListKey = std::tuple<std::string, std::string, std::string, std::string, std::string>;

ListKey key_of(const Record& record) {
  const std::string layer = axis_value<std::string>(record, "layer").value_or("");
  const std::size_t slash = layer.find('/');
  const std::string& operation = record.item.operation();
  return {record.device_model, record.scenario, operation, axis_value<std::string>(record, "dtype").value_or(""),
          slash == std::string::npos ? operation : layer.substr(0, slash)};
}

const std::string& session_of(const SplitGroup& group) { return group.best->record->session; }
const std::string& clock_of(const SplitGroup& group) { return group.best->record->clock; }

const Row* row_of_line(const std::vector<const Row*>& rows, const std::string& line) {
  const auto found = std::ranges::find(rows, line, &Row::line);
  return found == rows.end() ? nullptr : *found;
}

using RowsOfGroup = std::vector<const Row*> SplitGroup::*;

// Of the rows that `of` names, the one with a time in the most sessions, and of several the lowest median over them.
const Row* fastest_over_sessions(const SplitWork& work, RowsOfGroup of) {
  struct Candidate {
    const Row* row = nullptr;
    std::vector<double> times_ns;
  };
  std::map<std::string, Candidate> candidates;
  for (const SplitGroup& group : work.sessions) {
    for (const Row* row : group.*of) {
      Candidate& candidate = candidates[row->line];
      if (candidate.row == nullptr) candidate.row = row;
      candidate.times_ns.push_back(time_on(*row, clock_of(group)));
    }
  }
  const auto best = std::ranges::min_element(candidates, [](const auto& a, const auto& b) {
    const std::vector<double>& ours = a.second.times_ns;
    const std::vector<double>& theirs = b.second.times_ns;
    return ours.size() != theirs.size() ? ours.size() > theirs.size() : median(ours) < median(theirs);
  });
  return best->second.row;
}

// The median over the sessions that have the row `like`.
double time_over_sessions(const SplitWork& work, RowsOfGroup of, const Row& like) {
  std::vector<double> times_ns;
  for (const SplitGroup& group : work.sessions) {
    const Row* row = row_of_line(group.*of, like.line);
    if (row != nullptr) times_ns.push_back(time_on(*row, clock_of(group)));
  }
  return median(times_ns);
}

// The chosen division over the chosen processor alone, session by session.
Evidence evidence_of(const SplitWork& work) {
  Evidence evidence;
  evidence.candidate = work.division->line;
  evidence.baseline = work.solo->line;
  for (const SplitGroup& group : work.sessions) {
    const Row* division = row_of_line(group.splits, evidence.candidate);
    const Row* solo = row_of_line(group.solos, evidence.baseline);
    if (division == nullptr || solo == nullptr || division->record->session != solo->record->session) continue;
    evidence.source = clock_of(group);
    SessionRatio ratio = ratio_in_session({solo->record, division->record}, {"latency", evidence.source});
    if (ratio.reason.empty()) evidence.sessions.push_back(std::move(ratio));
  }
  return evidence;
}

// The median over the sessions; none when one of them lacks it.
std::optional<double> whole_cpu_ns(const Summary& summary, const SplitWork& work) {
  std::vector<double> times_ns;
  for (const SplitGroup& group : work.sessions) {
    const Row* row = whole_cpu_row(summary, group);
    if (row == nullptr) return std::nullopt;
    times_ns.push_back(time_on(*row, clock_of(group)));
  }
  return median(times_ns);
}

double ideal_ns(const SplitWork& work) {
  std::vector<double> ideals_ns;
  for (const SplitGroup& group : work.sessions) ideals_ns.push_back(group.ideal_ns);
  return median(ideals_ns);
}

SplitTimes times_of(const Summary& summary, const SplitList& list) {
  SplitTimes times;
  times.whole_cpu_ns = 0;
  for (const SplitWork& work : list.works) {
    times.solo_ns += time_over_sessions(work, &SplitGroup::solos, *work.solo);
    times.divided_ns += time_over_sessions(work, &SplitGroup::splits, *work.division);
    times.ideal_ns += ideal_ns(work);
    const auto whole_cpu = whole_cpu_ns(summary, work);
    if (whole_cpu && times.whole_cpu_ns) {
      *times.whole_cpu_ns += *whole_cpu;
    } else {
      times.whole_cpu_ns.reset();
    }
  }
  return times;
}

// A gain over what else was measured says nothing while the CPU on all its cores was not.
void ask_for_whole_cpu(const Summary& summary, SplitList& list) {
  const auto missing = static_cast<std::size_t>(std::ranges::count_if(
      list.works, [&summary](const SplitWork& work) { return !whole_cpu_ns(summary, work).has_value(); }));
  if (missing == 0 || list.decision.verdict != Go::go) return;
  list.decision.verdict = Go::unclear;
  list.decision.reason = "GO is withheld: the native CPU on all its cores was not measured beside " +
                         std::to_string(missing) + " of " + count_of(list.works.size(), "work");
}

void judge_list(const Summary& summary, const std::vector<InstrumentNote>& instruments, SplitList& list) {
  DecisionRule rule;  // the latency, from the sessions that it asks for by itself
  rule.margin = kMargin;
  rule.over = Over::geometric_mean;
  Alternative alternative;
  for (SplitWork& work : list.works) {
    work.division = fastest_over_sessions(work, &SplitGroup::splits);
    work.solo = fastest_over_sessions(work, &SplitGroup::solos);
    alternative.rows.push_back(evidence_of(work));
    for (const SplitGroup& group : work.sessions) {
      alternative.chances = std::max(alternative.chances, group.splits.size());
    }
  }
  list.decision.alternatives.push_back(std::move(alternative));
  judge_generation(rule, instruments, list.decision);
  ask_for_whole_cpu(summary, list);
}

// Over the sessions where these are enough, else what each of them says by itself if all say the same.
Verdict verdict_of(const SplitWork& work, const Evidence& evidence) {
  if (evidence.withheld.empty() && !evidence.sessions.empty()) return judge(evidence.interval, kMargin);
  const Verdict first = work.sessions.front().against_best_alone.verdict;
  const bool is_unanimous = std::ranges::all_of(
      work.sessions, [first](const SplitGroup& group) { return group.against_best_alone.verdict == first; });
  return is_unanimous ? first : Verdict::unclear;
}

// Of two works of one size: dividing pays at this size when it pays for both.
Verdict of_one_size(Verdict a, Verdict b) {
  if (a == Verdict::faster) return b;
  return b == Verdict::faster || b == Verdict::unclear ? a : b;
}

BreakEven break_even_of(const SplitList& list) {
  const std::vector<Evidence>& rows = list.decision.alternatives.front().rows;
  BreakEven result;
  result.is_by_flops =
      std::ranges::all_of(list.works, [](const SplitWork& work) { return work.division->record->useful_flops > 0; });
  std::map<double, Verdict> sizes;
  for (std::size_t i = 0; i < list.works.size(); ++i) {
    const SplitWork& work = list.works[i];
    const double x = result.is_by_flops ? static_cast<double>(work.division->record->useful_flops)
                                        : time_over_sessions(work, &SplitGroup::solos, *work.solo);
    const Verdict verdict = verdict_of(work, rows[i]);
    const auto [known, is_new] = sizes.emplace(x, verdict);
    if (!is_new) known->second = of_one_size(known->second, verdict);
  }
  result.sizes = sizes.size();
  std::vector<SizedVerdict> verdicts;
  for (const auto& [x, verdict] : sizes) verdicts.push_back({x, verdict});
  result.crossover = find_crossover(verdicts);
  return result;
}

void add_group(SplitGroup group, SplitList& list) {
  const std::string& name = group.best->record->group;
  auto work = std::ranges::find(list.works, name, &SplitWork::group);
  if (work == list.works.end()) work = list.works.insert(list.works.end(), SplitWork{name, {}});
  // The same run may be given twice.
  const bool is_known = std::ranges::any_of(
      work->sessions, [&group](const SplitGroup& known) { return session_of(known) == session_of(group); });
  if (!is_known) work->sessions.push_back(std::move(group));
}

// Lines of a list's cases, those beside a load included.
std::map<ListKey, std::set<std::string>> lines_of(const Summary& summary) {
  std::map<ListKey, std::set<std::string>> lines;
  for (const RowSection& section : summary.results) {
    for (const Row* row : section.rows) lines[key_of(*row->record)].insert(row->line);
  }
  return lines;
}

std::vector<std::string> fired_on(const std::vector<Finding>& findings, const std::set<std::string>& lines) {
  std::vector<std::string> ids;
  for (const Finding& finding : findings) {
    const bool is_known = !ids.empty() && ids.back() == finding.detector->id;  // by another of its signs
    const auto is_of_list = [&lines](const Measured& place) { return lines.contains(place.evidence); };
    if (!is_known && std::ranges::any_of(finding.places, is_of_list)) ids.push_back(finding.detector->id);
  }
  return ids;
}

}  // namespace

const Row* whole_cpu_row(const Summary& summary, const SplitGroup& group) {
  const Row* best = nullptr;
  for (const Row* row : group.solos) {
    if (row->record->item.processors().front() != "cpu") continue;
    const ProcessorFacts* facts = summary.runs[row->run].processor("cpu");
    const std::string cores = facts == nullptr ? "" : fact_of(facts->others, "compute_units");
    const auto threads = axis_value<std::int64_t>(*row->record, "threads");
    if (threads && std::to_string(*threads) != cores) continue;
    if (best == nullptr || time_on(*row, clock_of(group)) < time_on(*best, clock_of(group))) best = row;
  }
  return best;
}

std::vector<SplitList> split_lists(const Summary& summary, const std::vector<InstrumentNote>& instruments,
                                   const std::vector<Finding>& findings) {
  std::map<ListKey, SplitList> by_key;
  for (const RowSection& section : summary.results) {
    for (SplitGroup& group : split_groups(section)) {
      const ListKey key = key_of(*group.best->record);
      add_group(std::move(group), by_key[key]);
    }
  }
  std::vector<SplitList> lists;
  if (by_key.empty()) return lists;
  const auto lines = lines_of(summary);
  for (auto& [key, list] : by_key) {
    std::tie(list.decision.device_model, list.scenario, list.operation, list.dtype, list.name) = key;
    judge_list(summary, instruments, list);
    list.times = times_of(summary, list);
    list.break_even = break_even_of(list);
    list.fired = fired_on(findings, lines.at(key));
    lists.push_back(std::move(list));
  }
  return lists;
}

}  // namespace hetscope
