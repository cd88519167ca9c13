// From evidence to verdicts: of a row, an alternative, a GPU generation, a question.
#include "reports/decision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "harness/core/random.hpp"
#include "harness/core/units.hpp"
#include "reports/latency_series.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::vector<SessionValues> values_of(const std::vector<SessionRatio>& sessions, const std::string& unit = {}) {
  std::vector<SessionValues> values;
  for (const SessionRatio& session : sessions) {
    if (unit.empty() || session.ratio.unit == unit) values.push_back(session.ratio);
  }
  return values;
}

std::set<std::string> units_of(const std::vector<SessionRatio>& sessions) {
  std::set<std::string> units;
  for (const SessionRatio& session : sessions) units.insert(session.ratio.unit);
  return units;
}

void measure_units(double confidence, std::uint64_t seed, Evidence& evidence) {
  for (const std::string& unit : units_of(evidence.sessions)) {
    const std::vector<SessionValues> values = values_of(evidence.sessions, unit);
    const SessionsRatio ratio = ratio_of_paired_sessions(values, seed, confidence);
    evidence.units.push_back({unit, ratio.sessions_candidate, ratio.ratio, ratio.interval});
  }
}

std::string range_of(const Evidence& evidence) {
  return ratio_text(evidence.ratio) + " " + ratio_range_text(evidence.interval.low, evidence.interval.high);
}

// The geometric mean over the cases that every run has, run by run: a run that was gone on with has its cases in
// several sessions, which stand for one.
Evidence combine(const std::vector<Evidence>& rows) {
  Evidence combined;
  std::set<std::string> runs;
  for (const Evidence& row : rows) {
    for (const SessionRatio& session : row.sessions) runs.insert(session.run);
  }
  std::size_t whole_rows = 0;
  for (const Evidence& row : rows) {
    std::map<std::string, const SessionRatio*> last;
    for (const SessionRatio& session : row.sessions) last[session.run] = &session;
    // A row that a run lacks would make that run's mean one of other cases.
    if (last.size() != runs.size()) continue;
    ++whole_rows;
    for (const SessionRatio& session : row.sessions) {
      if (last.at(session.run) != &session) continue;
      auto known = std::find_if(combined.sessions.begin(), combined.sessions.end(),
                                [&](const SessionRatio& item) { return item.run == session.run; });
      if (known == combined.sessions.end()) {
        combined.sessions.push_back(
            {{session.ratio.unit, {}}, session.session, session.run, session.source, false, 0, 0, {}});
        known = combined.sessions.end() - 1;
      }
      known->is_modelled = known->is_modelled || session.is_modelled;
      known->ratio.rounds.push_back(median(session.ratio.rounds));
    }
  }
  for (SessionRatio& session : combined.sessions) session.ratio.rounds = {geometric_mean(session.ratio.rounds)};
  combined.source = rows.empty() ? "" : rows.front().source;
  combined.candidate = "geometric mean over " + count_of(whole_rows, "case");
  if (whole_rows < rows.size()) {
    combined.candidate += " (" + std::to_string(rows.size() - whole_rows) + " more are not in every session)";
  }
  return combined;
}

void judge_alternative(const DecisionRule& rule, double confidence, Alternative& alternative) {
  for (Evidence& row : alternative.rows) {
    judge_evidence(rule, confidence, seed_from(row.candidate + "\n" + row.baseline), row);
  }
  if (rule.over == Over::geometric_mean) {
    alternative.combined = combine(alternative.rows);
    judge_evidence(rule, confidence, seed_from(alternative.name), *alternative.combined);
    alternative.verdict = alternative.combined->verdict;
    alternative.reason = alternative.combined->reason;
    return;
  }
  const auto count = [&alternative](Go verdict) {
    return static_cast<std::size_t>(std::count_if(alternative.rows.begin(), alternative.rows.end(),
                                                  [verdict](const Evidence& row) { return row.verdict == verdict; }));
  };
  const std::size_t failing = count(Go::no_go);
  const std::size_t open = count(Go::unclear);
  if (failing > 0) {
    alternative.verdict = Go::no_go;
    alternative.reason = count_of(failing, "case") + " of " + std::to_string(alternative.rows.size()) +
                         (failing == 1 ? " does" : " do") + " not gain enough";
  } else if (open > 0) {
    alternative.verdict = Go::unclear;
    alternative.reason = count_of(open, "case") + " of " + std::to_string(alternative.rows.size()) +
                         (open == 1 ? " is" : " are") + " undecided";
    for (const Evidence& row : alternative.rows) {
      if (row.verdict != Go::unclear) continue;
      alternative.reason += ": " + row.reason;
      break;
    }
  } else {
    alternative.verdict = alternative.rows.empty() ? Go::unclear : Go::go;
  }
}

// Withholds GO and NO-GO where the instrument was tried on this unit and failed, or was tried on others only.
void look_at_instrument(const std::vector<InstrumentNote>& notes, GenerationDecision& generation) {
  if (notes.empty()) {
    generation.instrument = "not qualified: give the qualification.json of hetscope qualify with --qualification";
    return;
  }
  for (const std::string& unit : generation.units) {
    // The newest, because a unit may have been mended since, or have gone wrong.
    const InstrumentNote* note = nullptr;
    for (const InstrumentNote& item : notes) {
      const bool is_of_unit = item.device_unit == unit || item.device_unit.empty();
      if (item.device_model != generation.device_model || !is_of_unit) continue;
      if (note == nullptr || item.made_at > note->made_at) note = &item;
    }
    std::string text = "unit " + unit + ": ";
    if (note == nullptr) {
      generation.is_unqualified = true;
      text += "no qualification of it was given";
    } else {
      generation.is_unqualified = generation.is_unqualified || note->verdict == "REJECTED";
      text += note->verdict + " on " + note->made_at;
      for (const std::string& reason : note->reasons) text += "; " + reason;
    }
    generation.instrument += (generation.instrument.empty() ? "" : ". ") + text;
  }
}

// Names of the metrics that rows of the question have, when the rule's is not among them; "" when it is.
std::string missing_metric(const ReportInput& input, const DecisionRule& rule) {
  const auto is_built_in = rule.metric == "latency" || rule.metric == "energy" || rule.metric == "EDP";
  std::set<std::string> names;
  std::set<std::string> wanted;
  if (!is_built_in) wanted.insert(rule.metric);
  for (const MetricLimit& limit : rule.limits) wanted.insert(limit.metric);
  bool has_row = false;
  for (const LoadedRun& run : input.runs) {
    for (const Record& record : run.records) {
      if (!rule.where.matches(record) || !rule.candidate.matches(record) || record.metrics.empty()) continue;
      has_row = true;
      for (const auto& [name, metric] : record.metrics) {
        names.insert(name);
        wanted.erase(name);
      }
    }
  }
  if (wanted.empty() || !has_row) return "";
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  return "no row has the metric '" + *wanted.begin() + "' that the rule names; they have " + known;
}

void judge_question(const ReportInput& input, QuestionDecision& decision) {
  const DecisionRule& rule = decision.question->rule;
  if (const std::string missing = missing_metric(input, rule); !missing.empty()) {
    decision.names_missing_metric = true;
    decision.verdict = Go::unclear;
    decision.reason = missing;
    return;
  }
  if (decision.generations.empty()) {
    decision.reason = decision.not_counted.empty() ? "no row speaks to it: nothing of this kind was measured"
                                                   : "no row counts: " + decision.not_counted.front().reason;
    return;
  }
  decision.verdict = decision.generations.front().verdict;
  decision.reason = decision.generations.front().reason;
  std::string differing;
  bool is_mixed = false;
  for (const GenerationDecision& generation : decision.generations) {
    is_mixed = is_mixed || generation.verdict != decision.verdict;
    differing += (differing.empty() ? "" : ", ") + std::string(to_string(generation.verdict)) + " on " +
                 generation.device() + " (" + generation.processors + ")";
  }
  if (!is_mixed) return;
  decision.verdict = Go::unclear;
  decision.reason = "it depends on the device: " + differing;
}

void add_change(QuestionDecision& decision, const std::string& text) {
  auto& list = decision.would_change;
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

void say_what_would_change(const DecisionRule& rule, const Evidence& row, QuestionDecision& decision) {
  const std::string margin = format_number(100 * rule.margin) + " %";
  if (row.verdict == Go::go) {
    add_change(decision, "A margin above " + format_number(100 * (1 - row.interval.high)) + " % (now " + margin +
                             "), or rows that bring the interval " + range_of(row) + " up to " +
                             ratio_text(1 - rule.margin) + ".");
  } else if (row.verdict == Go::no_go) {
    const double needed = 1 - (1 - rule.margin) / row.ratio;
    add_change(decision, "A candidate that is another " + format_number(100 * needed) + " % better: measured " +
                             range_of(row) + ", wanted below " + ratio_text(1 - rule.margin) + ".");
    if (row.interval.high < 1) {
      add_change(decision,
                 "A margin below " + format_number(100 * (1 - row.interval.high)) + " % (now " + margin + ").");
    }
  } else if (row.more_sessions) {
    add_change(decision, "About " + count_of(static_cast<std::size_t>(*row.more_sessions), "more session") +
                             ": launch the same cases again into directories of their own.");
  }
}

void say_what_would_change(QuestionDecision& decision) {
  const DecisionRule& rule = decision.question->rule;
  if (decision.names_missing_metric) {
    add_change(decision, "A rule that names a metric of these rows, or rows with that metric.");
  }
  for (const GenerationDecision& generation : decision.generations) {
    if (generation.is_unqualified) {
      add_change(decision, "hetscope qualify on " + generation.device() + ", with --qualification of its result.");
    }
    if (static_cast<int>(generation.units.size()) < rule.minimum_units) {
      add_change(decision,
                 count_of(static_cast<std::size_t>(rule.minimum_units) - generation.units.size(), "more unit") +
                     " of " + generation.device() + ".");
    }
  }
  for (const Evidence* row : decision.carrying(1)) say_what_would_change(rule, *row, decision);
  if (decision.verdict != Go::unclear || decision.names_missing_metric) return;
  for (const std::string& scenario : decision.question->to_run) {
    add_change(decision, "hetscope run " + shell_quoted(scenario) + " --out DIR, in " +
                             count_of(static_cast<std::size_t>(rule.minimum_sessions), "session") +
                             " or more, each into a directory of its own.");
  }
}

// Why no verdict may be drawn from this evidence, whatever its interval; "" when one may.
std::string withheld_reason(const DecisionRule& rule, const Evidence& evidence) {
  const auto asked = [](std::size_t have, const char* what, int minimum) {
    return count_of(have, what) + " of the " + std::to_string(minimum) + " that the rule asks for";
  };
  if (static_cast<int>(evidence.sessions.size()) < rule.minimum_sessions) {
    return asked(evidence.sessions.size(), "session", rule.minimum_sessions);
  }
  if (static_cast<int>(evidence.units.size()) < rule.minimum_units) {
    return asked(evidence.units.size(), "unit", rule.minimum_units);
  }
  if (std::any_of(evidence.sessions.begin(), evidence.sessions.end(),
                  [](const SessionRatio& session) { return session.is_modelled; })) {
    return "the energy is modelled, and a modelled value decides nothing alone";
  }
  return "";
}

}  // namespace

std::string_view to_string(Go verdict) {
  switch (verdict) {
    case Go::go:
      return "GO";
    case Go::no_go:
      return "NO-GO";
    case Go::unclear:
      break;
  }
  return "UNCLEAR";
}

void judge_evidence(const DecisionRule& rule, double confidence, std::uint64_t seed, Evidence& evidence) {
  if (evidence.sessions.empty()) {
    evidence.reason = "no case is in every session";
    evidence.interval = {0, std::numeric_limits<double>::infinity()};
    evidence.ratio = std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const SessionsRatio ratio = ratio_of_paired_sessions(values_of(evidence.sessions), seed, confidence);
  evidence.ratio = ratio.ratio;
  evidence.interval = ratio.interval;
  evidence.unit_spread = ratio.unit_spread;
  std::vector<double> baselines, candidates;
  for (const SessionRatio& session : evidence.sessions) {
    baselines.push_back(session.baseline);
    candidates.push_back(session.candidate);
  }
  evidence.baseline_value = median(baselines);
  evidence.candidate_value = median(candidates);
  measure_units(confidence, seed, evidence);

  const auto sessions = static_cast<int>(evidence.sessions.size());
  evidence.withheld = withheld_reason(rule, evidence);
  if (sessions < rule.minimum_sessions) evidence.more_sessions = rule.minimum_sessions - sessions;
  if (!evidence.withheld.empty()) {
    evidence.reason = evidence.withheld;
  } else {
    const Verdict verdict = judge(ratio.interval, rule.margin);
    if (verdict == Verdict::unclear) {
      evidence.reason =
          "the interval " + ratio_range_text(ratio.interval.low, ratio.interval.high) + " reaches over the margin";
      evidence.more_sessions =
          launches_to_decide({ratio.ratio, ratio.interval, sessions}, rule.margin, rule.minimum_sessions);
    }
    evidence.verdict = verdict == Verdict::faster ? Go::go : verdict == Verdict::unclear ? Go::unclear : Go::no_go;
  }
}

void judge_generation(const DecisionRule& rule, const std::vector<InstrumentNote>& notes,
                      GenerationDecision& generation) {
  std::set<std::string> units;
  // Several alternatives are several chances to be lucky (Bonferroni).
  std::size_t chances = 0;
  for (const Alternative& alternative : generation.alternatives) chances += alternative.chances;
  const double confidence = 1 - 0.05 / static_cast<double>(std::max<std::size_t>(1, chances));
  for (Alternative& alternative : generation.alternatives) {
    judge_alternative(rule, confidence, alternative);
    for (const Evidence& row : alternative.rows) units.merge(units_of(row.sessions));
  }
  generation.units.assign(units.begin(), units.end());
  look_at_instrument(notes, generation);
  const auto any_of = [&generation](Go verdict) {
    return std::find_if(generation.alternatives.begin(), generation.alternatives.end(),
                        [verdict](const Alternative& item) { return item.verdict == verdict; });
  };
  auto telling = any_of(Go::go);
  if (telling == generation.alternatives.end()) telling = any_of(Go::unclear);
  if (telling == generation.alternatives.end()) telling = generation.alternatives.begin();
  generation.verdict = telling->verdict;
  generation.reason = (telling->name.empty() || telling->reason.empty() ? "" : telling->name + ": ") + telling->reason;
  if (generation.is_unqualified && generation.verdict != Go::unclear) {
    generation.reason = "the instrument is unqualified here, so " + std::string(to_string(generation.verdict)) +
                        " is withheld (" + generation.instrument + ")";
    generation.verdict = Go::unclear;
  }
}

bool QuestionDecision::is_testable() const { return !question->published || question->published->not_testable.empty(); }

std::string_view verdict_text(const QuestionDecision& decision) {
  return decision.is_testable() ? to_string(decision.verdict) : "NOT TESTABLE";
}

std::vector<const Evidence*> QuestionDecision::carrying(std::size_t count) const {
  std::vector<const Evidence*> combined, rows;
  for (const GenerationDecision& generation : generations) {
    for (const Alternative& alternative : generation.alternatives) {
      if (alternative.verdict != generation.verdict && !generation.is_unqualified) continue;
      if (alternative.combined) combined.push_back(&*alternative.combined);
      for (const Evidence& row : alternative.rows) rows.push_back(&row);
    }
  }
  // Of a GO the rows that come nearest to failing; else those that fail or hesitate most.
  const auto is_more_telling = [](const Evidence* a, const Evidence* b) { return a->interval.high > b->interval.high; };
  std::stable_sort(combined.begin(), combined.end(), is_more_telling);
  std::stable_sort(rows.begin(), rows.end(), is_more_telling);
  combined.insert(combined.end(), rows.begin(), rows.end());
  if (combined.size() > count) combined.resize(count);
  return combined;
}

Decision decide(const ReportInput& input, const QuestionSet& questions,
                const std::vector<InstrumentNote>& instruments) {
  Decision decision;
  std::vector<RunInfo> runs;
  std::size_t unverified = 0;
  for (const LoadedRun& run : input.runs) {
    runs.push_back(read_run_info(run));
    unverified += static_cast<std::size_t>(std::ranges::count_if(run.records, is_unverified));
    const std::string place = run.directory.empty() ? std::string() : run.directory + ": ";
    for (const std::string& fault : run.faults) decision.cautions.push_back(place + fault);
    for (const std::string& fault : runs.back().faults) decision.cautions.push_back(place + fault);
  }
  if (unverified > 0) decision.cautions.push_back(unverified_caution(unverified));
  for (const Question& question : questions.questions) {
    QuestionDecision& answer = decision.questions.emplace_back();
    answer.question = &question;
    if (!answer.is_testable()) {
      answer.reason = question.published->not_testable;
      continue;
    }
    collect_evidence(input, runs, answer);
    for (GenerationDecision& generation : answer.generations) {
      judge_generation(question.rule, instruments, generation);
    }
    judge_question(input, answer);
    say_what_would_change(answer);
  }
  return decision;
}

}  // namespace hetscope
