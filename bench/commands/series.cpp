// hetscope series: which series of N:M terms fits a matrix, by slots, by error, by a model's energy-delay product or by
// measured time; always beside its controls: the single term of the same slots, and products that lose nothing.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "bench/commands/run_files.hpp"
#include "bench/commands/series_problem.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/units.hpp"
#include "harness/run/scenario_texts.hpp"
#include "kernels/sparse/column_permutation.hpp"
#include "kernels/sparse/series_search.hpp"
#include "reports/accelerator_model.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostMeasured = 8;

struct SeriesOptions {
  std::string file;
  std::string array;
  std::string case_line;
  std::string menu = "1:4,2:4,1:8,2:8,4:8";
  int terms = 2;
  std::vector<std::string> limits;
  std::string by = "slots";
  std::string accelerator = "sparseloop-dstc-45nm";
  std::int64_t columns = 64;
  bool spread = false;
  double budget_s = 1;
  bool as_json = false;
  std::string out;
};

// What was found, and what was asked.
struct SeriesAnswer {
  SeriesProblem problem;
  SearchRequest request;
  AcceleratorModel accelerator;
  LayerExtents extents;
  SearchResult result;
  std::optional<SeriesCandidate> spread;  // the best one after its columns were spread
  double spread_ns = 0;
  std::vector<SeriesProduct> products;  // by latency: the dense product first
  std::optional<std::size_t> fastest;   // of products, within the limits
  std::size_t not_measured = 0;         // candidates within the limits beyond kMostMeasured
};

void read_limit(const std::string& text, SearchLimits& limits) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  char* end = nullptr;
  const std::string number = equals == std::string::npos ? "" : text.substr(equals + 1);
  const double value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(value >= 0)) {
    throw Error("'" + text + "' is no limit", "--limit", "write NAME=NUMBER, as in dropped_magnitude=0.05");
  }
  if (name == "dropped_magnitude") {
    limits.dropped_magnitude = value;
  } else if (name == "matrix_error") {
    limits.matrix_error = value;
  } else if (name == "output_error") {
    limits.output_error = value;
  } else if (name == "slots") {
    limits.slots = value;
  } else {
    const std::vector<std::string> known = {"dropped_magnitude", "matrix_error", "output_error", "slots"};
    throw unknown_name("limit", name, known, "--limit");
  }
}

// A table of the program by its name, or one of a file.
AcceleratorModel accelerator_of(const std::string& name) {
  std::vector<std::string> known;
  for (const AcceleratorModel& model : known_accelerators()) {
    if (model.name == name) return model;
    known.push_back(model.name);
  }
  if (name.find_first_of("/.") != std::string::npos) return parse_accelerator(scenario_text(name), name);
  throw unknown_name("accelerator", name, known, "--accelerator");
}

double edp_of(const SeriesAnswer& answer, const Series& series) {
  return modelled_edp_ratio(answer.accelerator, answer.extents, modelled_terms(series.to_string()));
}

void search_for_series(const SeriesOptions& options, SeriesAnswer& answer, const std::vector<float>& right) {
  SearchRequest& request = answer.request;
  request.menu = parse_menu(options.menu, "--menu");
  request.max_terms = options.terms;
  for (const std::string& limit : options.limits) read_limit(limit, request.limits);
  const SearchLimits& limits = request.limits;
  if (options.by != "error" && !limits.dropped_magnitude && !limits.matrix_error && !limits.output_error) {
    throw Error("without a limit on an error the smallest pattern is always the best", "--by " + options.by,
                "add --limit dropped_magnitude=0.05, say");
  }
  request.b_cols = answer.problem.item.dims("shape")[2];
  // The product's error is a product in f64 for every series: only where it is asked for.
  if (limits.output_error || options.by == "error") request.b = right;
  // By latency every series within the limits is a candidate.
  request.objective = SearchObjective::error;
  if (options.by == "slots") request.objective = SearchObjective::slots;
  if (options.by == "edp") {
    if (answer.problem.item.text("dtype") == "i8") {
      throw Error("the tables of accelerators have words of 16 and 32 bits, none of i8", "--by edp", "choose by slots");
    }
    request.objective = SearchObjective::cost;
    request.cost = [&answer](const Series& series, const Decomposition&) { return edp_of(answer, series); };
  }
  answer.result = search_series(answer.problem.matrix(), request, MonotonicClock());
}

// The best series again, after its columns were brought into an order that loses less.
void spread_best(SeriesAnswer& answer) {
  const MonotonicClock clock;
  const std::int64_t begin_ns = clock.now_ns();
  const Series& best = answer.result.candidates[*answer.result.best].series;
  const MatrixView matrix = answer.problem.matrix();
  const std::vector<float> values = in_order(matrix, spread_columns(matrix, best));
  SeriesCandidate spread{best, {}, std::nullopt, std::nullopt, false};
  spread.metrics = metrics_of(decompose(MatrixView::f32(values, matrix.rows, matrix.cols), best));
  answer.spread = std::move(spread);
  answer.spread_ns = static_cast<double>(clock.now_ns() - begin_ns);
}

// The candidates of the fewest slots within the limits, their controls, and what loses nothing.
void measure_candidates(const SeriesOptions& options, const Catalog& catalog, SeriesAnswer& answer) {
  std::vector<SeriesProduct>& products = answer.products;
  products.push_back({"sparse_matmul_dense", ""});
  products.push_back({"sparse_matmul_csr", ""});
  const auto add = [&products](const Series& series, const std::string& residual, const std::string& columns) {
    const std::string name = series.to_string();
    const bool is_there = std::any_of(products.begin(), products.end(), [&](const SeriesProduct& product) {
      return product.series == name && product.residual == residual && product.columns == columns;
    });
    if (!is_there) products.push_back({"sparse_matmul_series", name, residual, columns});
  };
  std::vector<const SeriesCandidate*> chosen;
  for (const SeriesCandidate& candidate : answer.result.candidates) {
    if (candidate.within_limits) chosen.push_back(&candidate);
  }
  answer.not_measured = chosen.size() - std::min(chosen.size(), kMostMeasured);
  chosen.resize(chosen.size() - answer.not_measured);
  for (const SeriesCandidate* candidate : chosen) add(candidate->series, "drop", "as_they_are");
  const std::size_t of_candidates = products.size();
  for (const SeriesCandidate* candidate : chosen) {
    add(Series({candidate->series.same_slots_control()}), "drop", "as_they_are");
  }
  if (!chosen.empty()) add(chosen.front()->series, "csr", "as_they_are");
  if (answer.spread) add(answer.spread->series, "drop", "spread");
  measure_series_products(answer.problem, catalog, options.budget_s, products);
  for (std::size_t i = 2; i < of_candidates; ++i) {
    if (!products[i].median_ns) continue;
    if (!answer.fastest || *products[i].median_ns < *products[*answer.fastest].median_ns) answer.fastest = i;
  }
}

// What the series executes when its residual follows as compressed rows and nothing is lost, over every entry.
double hybrid_multiply_adds(const SeriesCandidate& candidate) {
  const DecompositionMetrics& metrics = candidate.metrics;
  return metrics.executed_slots + static_cast<double>(metrics.dropped_nonzeros) / static_cast<double>(metrics.entries);
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
  json["edp_of_dense"] = {
      {"value", edp_of(answer, candidate.series)}, {"kind", "modelled"}, {"model", answer.accelerator.name}};
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

std::string json_text(const SeriesOptions& options, const SeriesAnswer& answer) {
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
  if (options.by == "latency") {
    if (answer.fastest) json["best"] = answer.products[*answer.fastest].series;
  } else if (result.best) {
    json["best"] = result.candidates[*result.best].series.to_string();
  }
  if (result.control) json["control"] = json_of(answer, *result.control);
  if (result.best) {
    const SeriesCandidate& best = result.candidates[*result.best];
    json["hybrid"] = {
        {"series", best.series.to_string()}, {"residual", "csr"}, {"multiply_adds", hybrid_multiply_adds(best)}};
  }
  if (answer.spread) {
    json["spread"] = json_of(answer, *answer.spread);
    json["spread_ns"] = answer.spread_ns;
  }
  for (const SeriesProduct& product : answer.products) json["products"].push_back(json_of(product));
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string candidate_line(const SeriesAnswer& answer, const SeriesCandidate& candidate, const std::string& note) {
  return fmt::format("| {} | {} | {} | {} | {} | ~{} | {} |\n", candidate.series.to_string(),
                     format_number(candidate.series.slots()),
                     format_number(candidate.metrics.dropped_magnitude_fraction()),
                     format_number(candidate.metrics.relative_frobenius),
                     candidate.output_error ? format_number(*candidate.output_error) : std::string(kMissing),
                     format_number(edp_of(answer, candidate.series)), note);
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
                     is_fastest ? "the fastest within the limits" : (product.converged ? "" : "not converged"));
}

std::string answer_text(const SeriesOptions& options, const SeriesAnswer& answer) {
  const SearchResult& result = answer.result;
  std::string text = answer.problem.key + "\n";
  text += fmt::format("searched {} in {}, {} ruled out without one\n\n",
                      count_of(result.candidates.size(), "series", "series"),
                      format_ns(static_cast<double>(result.search_ns)), result.pruned);
  text += fmt::format(
      "| series | slots | dropped magnitude | error of the matrix | of the product | EDP of dense ({}) | |\n"
      "|---|---:|---:|---:|---:|---:|---|\n",
      answer.accelerator.name);
  for (std::size_t i = 0; i < result.candidates.size(); ++i) {
    const SeriesCandidate& candidate = result.candidates[i];
    const bool is_best = result.best == i && options.by != "latency";
    text += candidate_line(answer, candidate,
                           is_best ? "best by " + options.by : (candidate.within_limits ? "" : "beyond the limits"));
  }
  if (result.best) {
    const SeriesCandidate& best = result.candidates[*result.best];
    text += fmt::format("| {}+csr | {} | 0 | 0 | 0 | {} | lossless: the residual as compressed rows |\n",
                        best.series.to_string(), format_number(hybrid_multiply_adds(best)), kMissing);
  }
  if (result.control) text += candidate_line(answer, *result.control, "control: one term of the same slots");
  if (answer.spread) {
    text += candidate_line(answer, *answer.spread,
                           fmt::format("the best, columns spread in {}", format_ns(answer.spread_ns)));
  }
  if (!result.best) text += "\nno series of the menu is within the limits\n";
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

int run_series_search(const SeriesOptions& options, const Catalog& catalog) {
  if (options.file.empty() == options.case_line.empty()) {
    throw Error("there is not exactly one matrix", "series", "give a FILE, or --case with a case of sparse_matmul");
  }
  if (options.columns < 1 || options.columns > (1 << 20)) {
    throw Error(std::to_string(options.columns) + " is no number of columns", "--columns", "give 1 to 2^20");
  }
  if (!(options.budget_s > 0 && options.budget_s <= 3600)) {
    throw Error(fmt::format("{} is no number of seconds", options.budget_s), "--budget", "give 0.01 to 3600");
  }
  SeriesAnswer answer;
  answer.accelerator = accelerator_of(options.accelerator);
  answer.problem = options.file.empty() ? series_problem_of_case(options.case_line, catalog)
                                        : series_problem_of_file(options.file, options.array, options.columns, catalog);
  const Dims shape = answer.problem.item.dims("shape");
  answer.extents = {shape[0], shape[1], shape[2]};
  const std::vector<float> right = answer.problem.right();
  search_for_series(options, answer, right);
  if (options.spread && answer.result.best) spread_best(answer);
  if (options.by == "latency") measure_candidates(options, catalog, answer);
  const std::string text = options.as_json ? json_text(options, answer) : answer_text(options, answer);
  if (options.out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    write_file(options.out, text);
  }
  const bool is_found = options.by == "latency" ? answer.fastest.has_value() : answer.result.best.has_value();
  return is_found ? kExitOk : kExitUndecided;
}

}  // namespace

void add_series(Commands& commands) {
  auto options = std::make_shared<SeriesOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "series", "search the series of N:M terms that fits a sparse matrix (exit code 3: none within the limits)");
  command->add_option("FILE", options->file, ".npy or .npz with the matrix; its first axis is the rows");
  command->add_option("--array", options->array, "which array of an .npz");
  command->add_option("--case", options->case_line, "a case line of sparse_matmul, in place of a file");
  command->add_option("--menu", options->menu, "patterns to choose from")->capture_default_str();
  command->add_option("--terms", options->terms, "most terms of a series")->capture_default_str();
  command
      ->add_option("--limit", options->limits,
                   "NAME=MOST of dropped_magnitude, matrix_error, output_error or slots; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--by", options->by, "what is made small: slots, error, edp (modelled), or latency (measured)")
      ->check(CLI::IsMember({"slots", "error", "edp", "latency"}))
      ->capture_default_str();
  command->add_option("--accelerator", options->accelerator, "table of energies: a name or a file")
      ->capture_default_str();
  command->add_option("--columns", options->columns, "of the other operand, for a file")->capture_default_str();
  command->add_flag("--spread", options->spread, "also with the columns in an order that loses less");
  command->add_option("--budget", options->budget_s, "seconds for each product, by latency")->capture_default_str();
  command->add_flag("--json", options->as_json, "as JSON");
  command->add_option("--out", options->out, "write it to this file");
  command->callback([&commands, options] {
    commands.action = [&commands, options] { return run_series_search(*options, commands.catalog); };
  });
}

}  // namespace hetscope
