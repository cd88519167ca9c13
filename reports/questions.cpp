// The strict reader of question files, and rules in words.
#include "reports/questions.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/core/sha256.hpp"
#include "harness/core/units.hpp"
#include "harness/core/wildcard.hpp"
#include "harness/record/json_node.hpp"
#include "reports/case_words.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr const char* kQuestionsSchema = "hetscope/questions/1";

std::string plain_text(const AxisValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : to_string(value);
}

// A pattern, a number, a boolean, or a list of these.
std::vector<std::string> read_patterns(const JsonNode& node) {
  std::vector<std::string> patterns;
  if (!node.is_array()) return {plain_text(node.axis_value())};
  for (const JsonNode& item : node.items()) {
    if (item.is_array()) throw item.error("is a list in a list", "write a shape as a text, \"1x64x56x56\"");
    patterns.push_back(plain_text(item.axis_value()));
  }
  return patterns;
}

RowSelector read_selector(const JsonNode& node) {
  RowSelector selector;
  for (const auto& [name, value] : node.members()) selector.words.emplace_back(name, read_patterns(value));
  return selector;
}

int read_count(const JsonNode& node, int least) {
  const double count = node.number(least, 1e6);
  if (count != std::floor(count)) throw node.error("is no whole number");
  return static_cast<int>(count);
}

Over read_over(const JsonNode& node) {
  const std::string name = node.text();
  for (const Over over : {Over::every, Over::geometric_mean}) {
    if (name == to_string(over)) return over;
  }
  throw node.error("'" + name + "' is not known", "use 'every' or 'geometric_mean'");
}

bool is_figure_of_its_own(const std::string& metric) {
  return metric == "latency" || metric == "energy" || metric == "EDP";
}

void read_metric(const JsonNode& node, DecisionRule& rule) {
  rule.metric = node.at("metric").text();
  const auto better = node.find("better");
  if (is_figure_of_its_own(rule.metric)) {
    if (better) throw better->error("of " + rule.metric + " less is better", "leave 'better' out");
  } else if (!better) {
    throw node.error("says nothing about whether more or less of '" + rule.metric + "' is better",
                     "add \"better\": \"higher\" or \"lower\"");
  } else {
    const std::string word = better->text();
    if (word != "higher" && word != "lower") throw better->error("is neither 'higher' nor 'lower'");
    rule.higher_is_better = word == "higher";
  }
  if (const auto clock = node.find("clock")) {
    if (rule.metric != "latency") throw clock->error("only a latency has a clock", "leave 'clock' out");
    rule.clock = clock->text();
  }
}

DecisionRule read_rule(const JsonNode& node) {
  node.check_keys({"metric", "better", "clock", "margin", "where", "candidate", "baseline", "alternatives_by", "over",
                   "minimum_units", "minimum_sessions", "limits", "gpu"});
  DecisionRule rule;
  read_metric(node, rule);
  const JsonNode margin = node.at("margin");
  rule.margin = margin.number(0, 1);
  if (rule.margin == 0 || rule.margin == 1) throw margin.error("is not between 0 and 1", "5 % is 0.05");
  if (const auto where = node.find("where")) rule.where = read_selector(*where);
  rule.candidate = read_selector(node.at("candidate"));
  if (const auto baseline = node.find("baseline")) rule.baseline = read_selector(*baseline);
  if (const auto words = node.find("alternatives_by")) rule.alternatives_by = words->texts();
  if (const auto over = node.find("over")) rule.over = read_over(*over);
  if (const auto units = node.find("minimum_units")) rule.minimum_units = read_count(*units, 1);
  // Fewer sessions decide nothing, whatever a rule says.
  if (const auto sessions = node.find("minimum_sessions")) rule.minimum_sessions = read_count(*sessions, kMinSessions);
  if (const auto limits = node.find("limits")) {
    for (const JsonNode& limit : limits->items()) {
      limit.check_keys({"metric", "most"});
      rule.limits.push_back({limit.at("metric").text(), limit.at("most").number(-1e300, 1e300)});
    }
  }
  if (const auto gpu = node.find("gpu")) rule.needs_gpu = gpu->boolean();
  return rule;
}

// A gain is one number: it needs a rule that makes one number of many cases.
PublishedGain read_published(const JsonNode& node, const DecisionRule& rule) {
  node.check_keys({"gain", "what", "source", "not_testable"});
  if (rule.over != Over::geometric_mean) {
    throw node.error("is one gain for a rule that judges every case by itself", "use \"over\": \"geometric_mean\"");
  }
  PublishedGain published;
  if (const auto gain = node.find("gain")) {
    published.gain = gain->number(0, 1e6);
    if (!(*published.gain > 1)) throw gain->error("is no gain", "it is the baseline over the candidate, above 1");
  }
  published.what = node.at("what").text();
  published.source = node.at("source").text();
  if (const auto reason = node.find("not_testable")) published.not_testable = reason->text();
  return published;
}

std::string share_text(double share) { return format_number(100 * share) + " %"; }

}  // namespace

std::string_view to_string(Over over) { return over == Over::every ? "every" : "geometric_mean"; }

std::string selected_word(const Record& record, const std::string& name) {
  if (name == "operation") return record.item.operation();
  if (name == "scenario") return record.scenario;
  if (name == "processors") return std::to_string(record.item.processors().size());
  if (const AxisValue* value = record.item.find(name)) return plain_text(*value);
  return word_of(words_of(record.item), name);
}

bool RowSelector::matches(const Record& record) const {
  return std::all_of(words.begin(), words.end(), [&record](const auto& word) {
    const std::string value = selected_word(record, word.first);
    return std::any_of(word.second.begin(), word.second.end(),
                       [&value](const std::string& pattern) { return matches_wildcard(pattern, value); });
  });
}

std::string RowSelector::text() const {
  std::string result;
  for (const auto& [name, patterns] : words) {
    result += (result.empty() ? "" : " ") + name + "=";
    for (std::size_t i = 0; i < patterns.size(); ++i) result += (i == 0 ? "" : "|") + patterns[i];
  }
  return result.empty() ? "any" : result;
}

std::string rule_text(const DecisionRule& rule) {
  std::string what = rule.metric;
  if (rule.metric == "latency") what += rule.clock.empty() ? " on the principal clock" : " on clock " + rule.clock;
  std::string text = "GO when the " + what + " of " + rule.candidate.text() + " is at least " +
                     share_text(rule.margin) + (rule.higher_is_better ? " above" : " below") + " that of " +
                     (rule.baseline ? "the best of " + rule.baseline->text() : "the baseline that each row names");
  if (!rule.where.words.empty()) text += ", where " + rule.where.text();
  text += rule.over == Over::every ? ", in every case" : ", in the geometric mean over the cases";
  if (!rule.alternatives_by.empty()) {
    text += ", for at least one ";
    for (std::size_t i = 0; i < rule.alternatives_by.size(); ++i) {
      text += (i == 0 ? "" : " and ") + rule.alternatives_by[i];
    }
  }
  for (const MetricLimit& limit : rule.limits) {
    text += ", with " + limit.metric + " of at most " + format_number(limit.most);
  }
  text += "; with the whole 95 % interval, from at least " +
          count_of(static_cast<std::size_t>(rule.minimum_sessions), "session") + " on " +
          count_of(static_cast<std::size_t>(rule.minimum_units), "unit") + " of a device";
  if (rule.needs_gpu) text += ", on a real GPU";
  return text + ".";
}

QuestionSet parse_questions(std::string_view text, const std::string& path) {
  const auto document = parse_ordered_json(text, path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "title", "questions"});
  if (const JsonNode schema = root.at("schema"); schema.text() != kQuestionsSchema) {
    throw schema.error("the schema is '" + schema.text() + "'", std::string("this hetscope reads ") + kQuestionsSchema);
  }
  QuestionSet set;
  set.title = root.at("title").text();
  Sha256 hash;
  hash.update(text);
  set.sha256 = hash.finish_hex();
  for (const JsonNode& node : root.at("questions").items()) {
    node.check_keys({"name", "question", "rule", "published", "to_run"});
    Question question;
    question.name = node.at("name").text();
    for (const Question& other : set.questions) {
      if (other.name == question.name) throw node.error("the name '" + question.name + "' is there twice");
    }
    question.question = node.at("question").text();
    question.rule = read_rule(node.at("rule"));
    if (const auto published = node.find("published")) question.published = read_published(*published, question.rule);
    if (const auto to_run = node.find("to_run")) question.to_run = to_run->texts();
    set.questions.push_back(std::move(question));
  }
  return set;
}

}  // namespace hetscope
