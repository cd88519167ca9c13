// hetscope series: which series of N:M terms fits a matrix, by slots, by error, by a model's energy-delay product or by
// measured time; always beside its controls: the single term of the same slots, and products that lose nothing.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/commands/command.hpp"
#include "bench/commands/run_files.hpp"
#include "bench/commands/series_answer.hpp"
#include "bench/commands/series_files.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/run/scenario_texts.hpp"
#include "kernels/sparse/column_permutation.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostMeasured = 8;

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
    if (!answer.is_modelled()) {
      throw Error("the tables of accelerators have words of 16 and 32 bits, none of i8", "--by edp", "choose by slots");
    }
    request.objective = SearchObjective::cost;
    request.cost = [&answer](const Series& series, const Decomposition&) { return *answer.edp_of(series); };
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
  // Where nothing is within the limits, what loses nothing stands in for it.
  if (answer.result.hybrid) add(answer.result.hybrid->series, "csr", "as_they_are");
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

void give(const std::string& text, const std::string& path) {
  if (!path.empty()) return write_file(path, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int show_packed_files(const SeriesOptions& options) {
  if (!options.file.empty() || !options.case_line.empty() || !options.save.empty()) {
    throw Error("packed files are looked at, not searched", "--packed", "leave out FILE, --case and --save");
  }
  const std::vector<PackedTermFile> files = load_packed_files(options.packed);
  give(options.as_json ? packed_json(files) : packed_text(files), options.out);
  return kExitOk;
}

int run_series_search(const SeriesOptions& options, const Catalog& catalog) {
  if (!options.packed.empty()) return show_packed_files(options);
  if (options.file.empty() == options.case_line.empty()) {
    throw Error("there is not exactly one matrix", "series", "give a FILE, or --case with a case of sparse_matmul");
  }
  if (options.columns < 1 || options.columns > (1 << 20)) {
    throw Error(std::to_string(options.columns) + " is no number of columns", "--columns", "give 1 to 2^20");
  }
  if (!(options.budget_s > 0 && options.budget_s <= 3600)) {
    throw Error(fmt::format("{} is no number of seconds", options.budget_s), "--budget", "give 0.01 to 3600");
  }
  if (!options.save.empty()) check_vacant(options.save);
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
  const auto chosen = chosen_series(options, answer);
  give(options.as_json ? series_json(options, answer) : series_text(options, answer), options.out);
  if (chosen && !options.save.empty()) save_series(options.save, answer.problem, *chosen);
  return chosen ? kExitOk : kExitUndecided;
}

}  // namespace

void add_series(Commands& commands) {
  auto options = std::make_shared<SeriesOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "series",
      "search the series of N:M terms that fits a sparse matrix (exit code 3: not even a series with its residual "
      "is within the limits)");
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
  command->add_option("--save", options->save, "write the terms of the answer to this folder, a packed file each");
  command->add_option("--packed", options->packed,
                      "in place of a search: check these packed files and say what they hold");
  command->callback([&commands, options] {
    commands.action = [&commands, options] { return run_series_search(*options, commands.catalog); };
  });
}

}  // namespace hetscope
