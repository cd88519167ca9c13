// decision.json, for programs.
#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/claims.hpp"
#include "reports/decision.hpp"

namespace hetscope {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json interval(const Interval& value) { return Json{number(value.low), number(value.high)}; }

Json selector(const RowSelector& rows) {
  Json object = Json::object();
  for (const auto& [name, patterns] : rows.words) object[name] = patterns;
  return object;
}

Json rule_json(const DecisionRule& rule) {
  Json object = {{"text", rule_text(rule)},
                 {"metric", rule.metric},
                 {"better", rule.higher_is_better ? "higher" : "lower"},
                 {"clock", rule.clock.empty() ? Json() : Json(rule.clock)},
                 {"margin", rule.margin},
                 {"where", selector(rule.where)},
                 {"candidate", selector(rule.candidate)},
                 {"baseline", rule.baseline ? selector(*rule.baseline) : Json()},
                 {"alternatives_by", rule.alternatives_by},
                 {"over", to_string(rule.over)},
                 {"minimum_units", rule.minimum_units},
                 {"minimum_sessions", rule.minimum_sessions},
                 {"gpu", rule.needs_gpu}};
  object["limits"] = Json::array();
  for (const MetricLimit& limit : rule.limits) {
    object["limits"].push_back({{"metric", limit.metric}, {"most", number(limit.most)}});
  }
  return object;
}

Json evidence_json(const Evidence& row) {
  Json units = Json::array();
  for (const UnitEvidence& unit : row.units) {
    units.push_back({{"unit", unit.unit},
                     {"sessions", unit.sessions},
                     {"ratio", number(unit.ratio)},
                     {"ci95", interval(unit.interval)}});
  }
  return {{"candidate", row.candidate},
          {"baseline", row.baseline},
          {"source", row.source},
          {"sessions", row.sessions.size()},
          {"ratio", number(row.ratio)},
          {"ci95", interval(row.interval)},
          {"baseline_value", number(row.baseline_value)},
          {"candidate_value", number(row.candidate_value)},
          {"unit_spread", number(row.unit_spread)},
          {"units", std::move(units)},
          {"verdict", to_string(row.verdict)},
          {"reason", row.reason},
          {"more_sessions", row.more_sessions ? Json(*row.more_sessions) : Json()}};
}

Json generation_json(const GenerationDecision& generation) {
  Json alternatives = Json::array();
  for (const Alternative& alternative : generation.alternatives) {
    Json rows = Json::array();
    for (const Evidence& row : alternative.rows) rows.push_back(evidence_json(row));
    alternatives.push_back({{"name", alternative.name},
                            {"verdict", to_string(alternative.verdict)},
                            {"reason", alternative.reason},
                            {"combined", alternative.combined ? evidence_json(*alternative.combined) : Json()},
                            {"rows", std::move(rows)}});
  }
  return {{"device_model", generation.device_model},
          {"processors", generation.processors},
          {"units", generation.units},
          {"instrument", {{"is_unqualified", generation.is_unqualified}, {"what_is_known", generation.instrument}}},
          {"verdict", to_string(generation.verdict)},
          {"reason", generation.reason},
          {"alternatives", std::move(alternatives)}};
}

Json claim_json(const QuestionDecision& decision) {
  if (!decision.question->published) return nullptr;
  const PublishedGain& published = *decision.question->published;
  Json answers = Json::array();
  for (const ClaimAnswer& answer : answer_claim(decision)) {
    const bool is_measured = has_gain(answer.outcome);
    answers.push_back({{"device", answer.device},
                       {"processors", answer.processors},
                       {"gain", is_measured ? number(answer.gain) : Json()},
                       {"ci95", interval(is_measured ? answer.interval : Interval{NAN, NAN})},
                       {"sessions", answer.sessions},
                       {"outcome", to_string(answer.outcome)},
                       {"reason", answer.reason}});
  }
  return {{"gain", published.gain ? Json(*published.gain) : Json()},
          {"what", published.what},
          {"source", published.source},
          {"measured", std::move(answers)}};
}

Json question_json(const QuestionDecision& decision) {
  Json generations = Json::array();
  for (const GenerationDecision& generation : decision.generations) generations.push_back(generation_json(generation));
  Json not_counted = Json::array();
  for (const NotCounted& item : decision.not_counted) {
    not_counted.push_back({{"reason", item.reason}, {"rows", item.rows}, {"example", item.example}});
  }
  return {{"name", decision.question->name},
          {"question", decision.question->question},
          {"rule", rule_json(decision.question->rule)},
          {"verdict", verdict_text(decision)},
          {"reason", decision.reason},
          {"generations", std::move(generations)},
          {"not_counted", std::move(not_counted)},
          {"would_change", decision.would_change},
          {"published", claim_json(decision)},
          {"to_run", decision.question->to_run}};
}

}  // namespace

std::string decision_json(const Decision& decision, const QuestionSet& questions, const DecisionInput& input) {
  Json list = Json::array();
  for (const QuestionDecision& question : decision.questions) list.push_back(question_json(question));
  const Json document = {{"schema", "hetscope/decision/1"},
                         {"title", questions.title},
                         {"questions_file", {{"path", input.questions_path}, {"sha256", questions.sha256}}},
                         {"directories", input.directories},
                         {"cautions", decision.cautions},
                         {"questions", std::move(list)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace hetscope
