// Text, Markdown and JSON of verdicts.
#include "bench/commands/ab_report.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::string quantity_text(const LaunchRatio& ratio, double value) {
  if (ratio.quantity == "latency") return format_ns(value);
  return format_si(value, ratio.quantity == "energy" ? "J" : "J s");
}

std::string ratio_line(const LaunchRatio& ratio) {
  std::string text = fmt::format(
      "{:7} {} {} {} ({} -> {}, {} launches, {})", to_string(ratio.verdict), ratio.quantity,
      ratio_text(ratio.estimate.ratio), ratio_range_text(ratio.estimate.interval.low, ratio.estimate.interval.high),
      quantity_text(ratio, ratio.base), quantity_text(ratio, ratio.candidate), ratio.estimate.rounds, ratio.source);
  if (ratio.more_launches) text += fmt::format("; needs about {} more", *ratio.more_launches);
  return text;
}

std::string undecided_reason(const LaunchComparison& comparison) {
  return comparison.reason.empty() ? "no launch measured both" : comparison.reason;
}

std::string text_form(const std::vector<AbResult>& results) {
  std::string text;
  for (const AbResult& result : results) {
    text += fmt::format("{}\n  a (base)       {}\n  b (candidate)  {}\n", result.name, result.base_name,
                        result.candidate_name);
    for (const LaunchRatio& ratio : result.comparison.ratios) text += "  " + ratio_line(ratio) + "\n";
    if (result.comparison.ratios.empty()) text += "  UNCLEAR " + undecided_reason(result.comparison) + "\n";
    if (result.comparison.failed > 0) {
      text += fmt::format("  {} of {} launches measured nothing: {}\n", result.comparison.failed,
                          result.comparison.launches, result.comparison.reason);
    }
  }
  return text;
}

std::string counts_text(const std::vector<AbResult>& results) {
  std::map<std::string_view, int> counts;
  for (const AbResult& result : results) ++counts[to_string(result.comparison.verdict())];
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  return text;
}

std::string markdown_form(const std::vector<AbResult>& results, double margin) {
  constexpr std::size_t kMostRows = 12;
  // What someone must act on comes first.
  std::vector<const AbResult*> order;
  for (const AbResult& result : results) order.push_back(&result);
  const auto rank = [](const AbResult* result) {
    const Verdict verdict = result->comparison.verdict();
    return verdict == Verdict::slower ? 0 : verdict == Verdict::unclear ? 1 : verdict == Verdict::faster ? 2 : 3;
  };
  std::stable_sort(order.begin(), order.end(), [&](const auto* x, const auto* y) { return rank(x) < rank(y); });
  std::string text = fmt::format(
      "**{}** at a margin of {} % · ratio = time of the candidate / time of the base, 95 % interval over launches\n\n"
      "| verdict | quantity | ratio | 95 % interval | base | candidate | launches | case "
      "|\n|---|---|---:|---|---:|---:|---:|---|\n",
      counts_text(results), format_number(100 * margin, 2));
  std::size_t rows = 0;
  std::size_t left_out = 0;
  for (const AbResult* result : order) {
    if (result->comparison.ratios.empty()) {
      if (rows++ >= kMostRows) {
        ++left_out;
        continue;
      }
      text += fmt::format("| UNCLEAR | | | | | | {} | {}: {} |\n", result->comparison.launches,
                          escape_markdown(result->name), escape_markdown(undecided_reason(result->comparison)));
    }
    for (const LaunchRatio& ratio : result->comparison.ratios) {
      if (rows++ >= kMostRows) {
        ++left_out;
        continue;
      }
      text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", to_string(ratio.verdict), ratio.quantity,
                          ratio_text(ratio.estimate.ratio),
                          escape_markdown(ratio_range_text(ratio.estimate.interval.low, ratio.estimate.interval.high)),
                          quantity_text(ratio, ratio.base), quantity_text(ratio, ratio.candidate),
                          ratio.estimate.rounds, escape_markdown(result->name));
    }
  }
  if (left_out > 0) text += fmt::format("\n{} more rows are not shown.\n", left_out);
  text += fmt::format("\nbase: {} · candidate: {}\n", escape_markdown(results.front().base_name),
                      escape_markdown(results.front().candidate_name));
  return text;
}

std::string json_form(const std::vector<AbResult>& results, double margin) {
  nlohmann::json document = {{"schema", "hetscope/ab/1"}, {"rule", kAbRule}, {"margin", margin}};
  nlohmann::json pairs = nlohmann::json::array();
  for (const AbResult& result : results) {
    nlohmann::json ratios = nlohmann::json::array();
    for (const LaunchRatio& ratio : result.comparison.ratios) {
      ratios.push_back(
          {{"quantity", ratio.quantity},
           {"source", ratio.source},
           {"verdict", to_string(ratio.verdict)},
           {"ratio", ratio.estimate.ratio},
           {"ci95", {ratio.estimate.interval.low, ratio.estimate.interval.high}},
           {"p_value", ratio.estimate.p_value},
           {"launches", ratio.estimate.rounds},
           {"base", ratio.base},
           {"candidate", ratio.candidate},
           {"more_launches", ratio.more_launches ? nlohmann::json(*ratio.more_launches) : nlohmann::json()}});
    }
    pairs.push_back({{"name", result.name},
                     {"a", result.base_name},
                     {"b", result.candidate_name},
                     {"verdict", to_string(result.comparison.verdict())},
                     {"ratios", std::move(ratios)},
                     {"launches", result.comparison.launches},
                     {"failed", result.comparison.failed},
                     {"reason", result.comparison.reason},
                     {"spent_s", result.spent_s}});
  }
  document["pairs"] = std::move(pairs);
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

void AbFormat::add_options(CLI::App& command) {
  command.add_option("--margin", margin, "difference that matters: 0.02 is 2 %")->capture_default_str();
  command.add_option("--format", form, "text, md or json")
      ->check(CLI::IsMember({"text", "md", "json"}))
      ->capture_default_str();
  command
      .add_option("--fail-on", fail_on, "slower: exit code 1 when slower, else 0; unclear: 3 when undecided as well")
      ->check(CLI::IsMember({"slower", "unclear"}))
      ->capture_default_str();
}

void AbFormat::check() const {
  if (!(margin > 0 && margin < 1)) {
    throw Error(fmt::format("{} is not between 0 and 1", margin), "--margin", "2 % is 0.02");
  }
}

std::string AbFormat::line(const AbResult& result) const {
  if (result.comparison.ratios.empty()) return result.name + " UNCLEAR " + undecided_reason(result.comparison);
  return result.name + " " + ratio_line(result.comparison.ratios.front());
}

std::string AbFormat::text(const std::vector<AbResult>& results) const {
  if (form == "json") return json_form(results, margin);
  if (form == "md") return markdown_form(results, margin);
  return text_form(results);
}

int AbFormat::exit_code(const std::vector<AbResult>& results) const {
  const auto has = [&](Verdict verdict) {
    return std::any_of(results.begin(), results.end(),
                       [&](const AbResult& result) { return result.comparison.verdict() == verdict; });
  };
  if (has(Verdict::slower)) return kExitFailed;
  if (fail_on == "unclear" && has(Verdict::unclear)) return kExitUndecided;
  return kExitOk;
}

}  // namespace hetscope
