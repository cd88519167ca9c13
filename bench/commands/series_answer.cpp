// The two forms of an answer, and which series is the answer.
#include "bench/commands/series_answer.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/units.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// The best series, or the one that is offered in its place, with its residual as compressed rows.
const SeriesCandidate* hybrid_of(const SearchResult& result) {
  if (result.best) return &result.candidates[*result.best];
  return result.hybrid ? &*result.hybrid : nullptr;
}

nlohmann::json json_of(const SeriesAnswer& answer, const SeriesCandidate& candidate) {
  nlohmann::json json = {{"series", candidate.series.to_string()},
                         {"slots", candidate.series.slots()},
                         {"dropped_nonzeros", candidate.metrics.dropped_nonzero_fraction()},
                         {"dropped_magnitude", candidate.metrics.dropped_magnitude_fraction()},
                         {"matrix_error", candidate.metrics.relative_frobenius},
                         {"within_limits", candidate.within_limits}};
  if (candidate.output_error && std::isfinite(*candidate.output_error)) {
    json["output_error"] = *candidate.output_error;
  }
  if (const std::optional<double> edp = answer.edp_of(candidate.series)) {
    json["edp_of_dense"] = {{"value", *edp}, {"kind", "modelled"}, {"model", answer.accelerator.name}};
  }
  return json;
}

nlohmann::json json_of(const SeriesProduct& product) {
  nlohmann::json json = {{"kernel", product.kernel}, {"reason", product.reason}, {"median_ns", nullptr}};
  if (!product.series.empty()) {
    json["series"] = product.series;
    json["residual"] = product.residual;
    json["columns"] = product.columns;
  }
  if (!product.median_ns) return json;
  json["median_ns"] = *product.median_ns;
  json["ci95_ns"] = {product.interval.low, product.interval.high};
  json["converged"] = product.converged;
  if (product.against_first) {
    json["of_dense_time"] = product.against_first->ratio;
    json["of_dense_time_ci95"] = {product.against_first->interval.low, product.against_first->interval.high};
  }
  return json;
}

std::string edp_text(const SeriesAnswer& answer, const Series& series) {
  const std::optional<double> edp = answer.edp_of(series);
  return edp ? "~" + format_number(*edp) : std::string(kMissing);
}

std::string candidate_line(const SeriesAnswer& answer, const SeriesCandidate& candidate, const std::string& note) {
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", candidate.series.to_string(),
                     format_number(candidate.series.slots()),
                     format_number(candidate.metrics.dropped_magnitude_fraction()),
                     format_number(candidate.metrics.relative_frobenius),
                     candidate.output_error ? format_number(*candidate.output_error) : std::string(kMissing),
                     edp_text(answer, candidate.series), note);
}

// The only compressed residual among what may be the fastest is the hybrid's.
std::string note_of(const SeriesProduct& product, bool is_fastest) {
  if (!is_fastest) return product.converged ? "" : "not converged";
  return product.residual == "csr" ? "the answer: it loses nothing" : "the fastest within the limits";
}

std::string product_line(const SeriesProduct& product, bool is_fastest) {
  const std::string name = product.series.empty() ? product.kernel.substr(product.kernel.rfind('_') + 1)
                                                  : product.series + (product.residual == "csr" ? "+csr" : "") +
                                                        (product.columns == "spread" ? ", columns spread" : "");
  if (!product.median_ns) return fmt::format("| {} | {} | | {} |\n", name, kMissing, product.reason);
  std::string gain;
  if (product.against_first) {
    const RatioEstimate& ratio = *product.against_first;
    gain = fmt::format("{}x [{}, {}]", format_number(1 / ratio.ratio), format_number(1 / ratio.interval.high),
                       format_number(1 / ratio.interval.low));
  }
  return fmt::format("| {} | {} | {} | {} |\n", name, time_text(*product.median_ns), gain,
                     note_of(product, is_fastest));
}

}  // namespace

bool SeriesAnswer::is_modelled() const { return problem.item.text("dtype") != "i8"; }

std::optional<double> SeriesAnswer::edp_of(const Series& series) const {
  if (!is_modelled()) return std::nullopt;
  return modelled_edp_ratio(accelerator, extents, modelled_terms(series.to_string()));
}

std::optional<ChosenSeries> chosen_series(const SeriesOptions& options, const SeriesAnswer& answer) {
  const SearchResult& result = answer.result;
  if (options.by == "latency") {
    if (!answer.fastest) return std::nullopt;
    const SeriesProduct& fastest = answer.products[*answer.fastest];
    return ChosenSeries{Series::parse(fastest.series), fastest.residual == "csr"};
  }
  const SeriesCandidate* chosen = hybrid_of(result);
  if (chosen == nullptr) return std::nullopt;
  return ChosenSeries{chosen->series, !result.best};
}

std::string series_json(const SeriesOptions& options, const SeriesAnswer& answer) {
  const SearchResult& result = answer.result;
  nlohmann::json json = {{"schema", "hetscope/series/1"},
                         {"problem", answer.problem.key},
                         {"by", options.by},
                         {"menu", options.menu},
                         {"most_terms", options.terms},
                         {"limits", options.limits},
                         {"search_ns", result.search_ns},
                         {"ruled_out", result.pruned},
                         {"best", nullptr},
                         {"control", nullptr},
                         {"candidates", nlohmann::json::array()},
                         {"products", nlohmann::json::array()}};
  for (const SeriesCandidate& candidate : result.candidates) json["candidates"].push_back(json_of(answer, candidate));
  const auto chosen = chosen_series(options, answer);
  if (chosen && !chosen->keeps_rest) json["best"] = chosen->series.to_string();
  if (result.control) json["control"] = json_of(answer, *result.control);
  if (const SeriesCandidate* hybrid = hybrid_of(result)) {
    json["hybrid"] = {{"series", hybrid->series.to_string()},
                      {"residual", "csr"},
                      {"multiply_adds", hybrid->metrics.multiply_adds_with_residual()},
                      {"is_answer", chosen && chosen->keeps_rest}};
  }
  if (answer.spread) {
    json["spread"] = json_of(answer, *answer.spread);
    json["spread_ns"] = answer.spread_ns;
  }
  for (const SeriesProduct& product : answer.products) json["products"].push_back(json_of(product));
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string series_text(const SeriesOptions& options, const SeriesAnswer& answer) {
  const SearchResult& result = answer.result;
  std::string text = answer.problem.key + "\n";
  text += fmt::format("searched {} in {}, {} ruled out without one\n\n",
                      count_of(result.candidates.size(), "series", "series"),
                      format_ns(static_cast<double>(result.search_ns)), result.pruned);
  text += fmt::format(
      "| series | slots | dropped magnitude | error of the matrix | of the product | EDP of dense ({}) | |\n"
      "|---|---:|---:|---:|---:|---:|---|\n",
      answer.accelerator.title());
  for (std::size_t i = 0; i < result.candidates.size(); ++i) {
    const SeriesCandidate& candidate = result.candidates[i];
    const bool is_best = result.best == i && options.by != "latency";
    text += candidate_line(answer, candidate,
                           is_best ? "best by " + options.by : (candidate.within_limits ? "" : "beyond the limits"));
  }
  if (const SeriesCandidate* hybrid = hybrid_of(result)) {
    text +=
        fmt::format("| {}+csr | {} | 0 | 0 | 0 | {} | lossless: the residual as compressed rows |\n",
                    hybrid->series.to_string(), format_number(hybrid->metrics.multiply_adds_with_residual()), kMissing);
  }
  if (result.control) text += candidate_line(answer, *result.control, "control: one term of the same slots");
  if (answer.spread) {
    text += candidate_line(answer, *answer.spread,
                           fmt::format("the best, columns spread in {}", format_ns(answer.spread_ns)));
  }
  if (!result.best) {
    text += "\nno series of the menu is within the limits";
    text += result.hybrid ? fmt::format("; {}+csr loses nothing\n", result.hybrid->series.to_string()) : "\n";
  }
  if (!answer.products.empty()) {
    text += "\n| product | time | faster than dense | |\n|---|---:|---:|---|\n";
    for (std::size_t i = 0; i < answer.products.size(); ++i) {
      text += product_line(answer.products[i], answer.fastest == i);
    }
    if (answer.not_measured > 0) {
      text += fmt::format("\n{} within the limits have more slots and were not measured\n",
                          count_of(answer.not_measured, "series", "series"));
    }
  }
  return text +
         "\nAn error of a matrix or a product is not the accuracy of a network. What is marked ~ is modelled, not "
         "measured.\n";
}

}  // namespace hetscope
