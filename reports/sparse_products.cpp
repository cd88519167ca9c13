// From rows to layers, and from the verdicts at each sparsity to crossovers.
#include "reports/sparse_products.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>

#include "harness/core/parallel.hpp"
#include "reports/compose.hpp"
#include "reports/latency_series.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kOperation = "sparse_matmul";
constexpr std::string_view kPrefix = "sparse_matmul_";
constexpr std::string_view kCompressedRows = "sparse_matmul_csr";  // and what it is read from
constexpr std::string_view kOnline = "_online";
// Words that tell alternatives apart, or that a layer's name and processor already say.
constexpr std::array<std::string_view, 7> kNotProblem = {"kernel",    "series", "residual", "columns",
                                                         "processor", "shape",  "layer"};

// {run, processor, net, layer, session, group}
using LayerKey = std::tuple<std::size_t, std::string, std::string, std::string, std::string, std::string>;

std::optional<double> sparsity_of(const Record& record) {
  if (const auto real = axis_value<double>(record, "sparsity")) return real;
  const auto integer = axis_value<std::int64_t>(record, "sparsity");
  return integer ? std::optional(static_cast<double>(*integer)) : std::nullopt;
}

CaseWords problem_of(CaseWords words) {
  std::erase_if(words,
                [](const auto& word) { return std::ranges::find(kNotProblem, word.first) != kNotProblem.end(); });
  return words;
}

std::string all_but_sparsity(CaseWords words) { return words_text(words_without(std::move(words), "sparsity")); }

std::string product_name(const Record& record) {
  const std::string& kernel = record.item.kernel();
  const std::string series = axis_value<std::string>(record, "series").value_or("");
  if (series.empty()) return kernel.starts_with(kPrefix) ? kernel.substr(kPrefix.size()) : kernel;
  std::string name = series;
  if (axis_value<std::string>(record, "residual").value_or("drop") != "drop") name += "+csr";
  if (kernel.ends_with(kOnline)) name += " online";
  if (kernel.ends_with("_image2d")) name += " image";
  if (axis_value<std::string>(record, "columns").value_or("as_they_are") != "as_they_are") name += " spread";
  return name;
}

SparseProduct product_of(const Row& row) {
  const Record& record = *row.record;
  SparseProduct product;
  product.row = &row;
  product.name = product_name(record);
  product.matrix_error = metric_of(record, "relative_error_of_matrix");
  product.product_error = metric_of(record, "relative_error_to_exact_operand");
  product.slots = metric_of(record, "slots");
  const std::string series = axis_value<std::string>(record, "series").value_or("");
  product.is_exact = series.empty() || axis_value<std::string>(record, "residual").value_or("drop") != "drop";
  if (!product.is_exact) product.terms = modelled_terms(series);
  if (record.item.kernel().ends_with(kOnline)) product.decomposed = Decomposed::while_running;
  return product;
}

SparseLayer layer_of(const Summary& summary, const std::vector<const Row*>& rows, const Row& dense) {
  const Record& record = *dense.record;
  const CaseWords words = labelled_words(summary, dense);
  SparseLayer layer;
  layer.run = dense.run;
  layer.processor = word_of(words, "processor");
  layer.session = record.session;
  layer.problem = problem_of(words);
  layer.sparsity = sparsity_of(record);
  layer.dtype = word_of(words, "dtype");
  layer.threads = axis_value<std::int64_t>(record, "threads").value_or(1);
  layer.dense = &dense;
  layer.name = word_of(words, "shape");
  if (const auto named = axis_value<std::string>(record, "layer")) {
    const std::size_t slash = named->find('/');
    if (slash != std::string::npos) layer.net = named->substr(0, slash);
    layer.name = named->substr(slash == std::string::npos ? 0 : slash + 1) + " " + layer.name;
  }
  if (const auto shape = axis_value<Dims>(record, "shape"); shape && shape->size() == 3) {
    layer.extents = LayerExtents{(*shape)[0], (*shape)[1], (*shape)[2]};
  }
  const Row* compressed = nullptr;
  for (const Row* row : rows) {
    if (!row->record->item.kernel().starts_with(kCompressedRows)) continue;
    if (compressed == nullptr || is_faster(row, compressed)) compressed = row;
  }
  for (const Row* row : rows) {
    if (is_dense_product(*row->record)) continue;
    layer.products.push_back(product_of(*row));
    SparseProduct& product = layer.products.back();
    product.against_dense.candidate = product.against_rows.candidate = row;
    product.against_dense.baseline = &dense;
    if (compressed != row) product.against_rows.baseline = compressed;
  }
  std::ranges::stable_sort(layer.products, {}, [](const SparseProduct& product) {
    return std::tuple(!product.slots.has_value(), product.slots.value_or(0), product.name);
  });
  return layer;
}

// The bootstraps, all at once.
void compare_all(std::vector<SparseLayer>& layers) {
  std::vector<Comparison*> pairs;
  for (SparseLayer& layer : layers) {
    for (SparseProduct& product : layer.products) {
      pairs.push_back(&product.against_dense);
      if (product.against_rows.baseline != nullptr) pairs.push_back(&product.against_rows);
    }
  }
  for_each_index(pairs.size(),
                 [&pairs](std::size_t i) { *pairs[i] = compare_pair(*pairs[i]->candidate, *pairs[i]->baseline); });
}

// Rows and columns of what a case of im2col makes.
std::optional<std::pair<std::int64_t, std::int64_t>> columns_extents(const Record& record) {
  const auto shape = axis_value<Dims>(record, "shape");
  const auto filter = axis_value<Dims>(record, "filter");
  const auto stride = axis_value<std::int64_t>(record, "stride");
  const auto padding = axis_value<std::int64_t>(record, "padding");
  if (!shape || !filter || !stride || !padding || shape->size() != 3 || filter->size() != 2) return std::nullopt;
  // No larger than what the operation accepts, so that nothing overflows.
  constexpr std::int64_t kMostExtent = 1 << 20;
  for (const std::int64_t extent : {(*shape)[0], (*shape)[1], (*shape)[2], (*filter)[0], (*filter)[1], *stride}) {
    if (extent < 1 || extent > kMostExtent) return std::nullopt;
  }
  if (*padding < 0 || *padding >= kMostExtent) return std::nullopt;
  const auto outputs = [&](std::size_t axis) {
    return ((*shape)[axis + 1] + 2 * *padding - (*filter)[axis]) / *stride + 1;
  };
  return std::pair((*shape)[0] * (*filter)[0] * (*filter)[1], outputs(0) * outputs(1));
}

}  // namespace

const Row* im2col_of(const Summary& summary, const SparseLayer& layer) {
  const Row* found = nullptr;
  if (!layer.extents) return found;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (row.run != layer.run || record.item.operation() != "im2col" || !has_time(record)) continue;
    const CaseWords words = labelled_words(summary, row);
    if (word_of(words, "processor") != layer.processor || word_of(words, "dtype") != layer.dtype) continue;
    if (word_of(words, "threads") != word_of(layer.problem, "threads")) continue;
    if (word_of(words, "cache") != word_of(layer.problem, "cache")) continue;
    if (record.clock != layer.dense->record->clock) continue;
    if (columns_extents(record) != std::pair(layer.extents->k, layer.extents->n)) continue;
    if (found == nullptr || is_faster(&row, found)) found = &row;
  }
  return found;
}

bool is_about_sparse_products(const QuestionSet& set) {
  return std::ranges::all_of(set.questions, [](const Question& question) {
    return std::ranges::any_of(question.rule.where.words, [](const auto& word) {
      return word.first == "operation" && word.second == std::vector<std::string>{std::string(kOperation)};
    });
  });
}

bool is_dense_product(const Record& record) {
  static const std::set<std::string_view> kDense = {"sparse_matmul_openblas",         "sparse_matmul_onednn",
                                                    "sparse_matmul_onednn_primitive", "sparse_matmul_dense",
                                                    "sparse_matmul_dense_buffer",     "sparse_matmul_dense_image2d"};
  return kDense.contains(record.item.kernel());
}

std::optional<double> SparseProduct::loss() const { return is_exact ? std::optional(0.0) : product_error; }

std::optional<double> SparseProduct::speed_up() const {
  if (!against_dense.ratio || !(against_dense.ratio->ratio > 0)) return std::nullopt;
  return 1 / against_dense.ratio->ratio;
}

std::optional<Interval> SparseProduct::speed_up_interval() const {
  if (!speed_up() || !(against_dense.ratio->interval.low > 0)) return std::nullopt;
  return Interval{1 / against_dense.ratio->interval.high, 1 / against_dense.ratio->interval.low};
}

std::vector<SparseLayer> sparse_layers(const Summary& summary, std::size_t& left_out) {
  left_out = 0;
  std::map<LayerKey, std::vector<const Row*>> groups;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.operation() != kOperation || record.group.empty() || !has_time(record)) continue;
    if (record.item.find(kLoadWord) != nullptr || record.source) continue;  // another experiment
    const std::string layer = axis_value<std::string>(record, "layer").value_or("");
    const CaseWords words = labelled_words(summary, row);
    groups[{row.run, word_of(words, "processor"), layer, word_of(words, "shape"), record.session, record.group}]
        .push_back(&row);
  }
  std::vector<SparseLayer> layers;
  for (const auto& [key, rows] : groups) {
    std::vector<const Row*> dense;
    std::ranges::copy_if(rows, std::back_inserter(dense),
                         [](const Row* row) { return is_dense_product(*row->record); });
    if (dense.empty()) left_out += rows.size();
    if (dense.empty() || dense.size() == rows.size()) continue;
    layers.push_back(layer_of(summary, rows, **std::ranges::min_element(dense, is_faster)));
  }
  compare_all(layers);
  return layers;
}

std::vector<SparsityCrossover> sparsity_crossovers(const std::vector<SparseLayer>& layers) {
  struct Sweep {
    SparsityCrossover found;
    std::vector<SizedVerdict> dense;
    std::vector<SizedVerdict> rows;
  };
  // {run, processor, session, net, layer, setting, product}
  using Key = std::tuple<std::size_t, std::string, std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, Sweep> sweeps;
  for (const SparseLayer& layer : layers) {
    if (!layer.sparsity) continue;
    for (const SparseProduct& product : layer.products) {
      Sweep& sweep = sweeps[{layer.run, layer.processor, layer.session, layer.net, layer.name,
                             all_but_sparsity(layer.problem), product.name}];
      SparsityCrossover& found = sweep.found;
      if (found.layer == nullptr || *layer.sparsity > *found.layer->sparsity) found.layer = &layer;
      found.product = product.name;
      if (product.product_error) {
        found.largest_error = std::max(found.largest_error.value_or(0), *product.product_error);
      }
      sweep.dense.push_back({*layer.sparsity, product.against_dense.verdict});
      if (product.against_rows.baseline != nullptr) {
        sweep.rows.push_back({*layer.sparsity, product.against_rows.verdict});
      }
    }
  }
  std::vector<SparsityCrossover> result;
  for (auto& [key, sweep] : sweeps) {
    if (sweep.dense.size() < 2) continue;
    sweep.found.sparsities = sweep.dense.size();
    sweep.found.against_dense = find_crossover(sweep.dense);
    sweep.found.sparsities_of_rows = sweep.rows.size();
    if (sweep.rows.size() > 1) sweep.found.against_rows = find_crossover(sweep.rows);
    result.push_back(std::move(sweep.found));
  }
  return result;
}

}  // namespace hetscope
