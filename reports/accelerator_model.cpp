// Tables of energies and the energy of a layer.
#include "reports/accelerator_model.hpp"

#include <bit>
#include <cmath>

#include <nlohmann/json.hpp>

#include "harness/core/decimal.hpp"
#include "harness/record/json_node.hpp"

namespace hetscope {
namespace {

constexpr const char* kModelSchema = "hetscope/accelerator-model/1";
constexpr double kIndexWordBits = 16;
constexpr double kMostPj = 1e9;
constexpr int kLargestBlock = 1 << 20;
constexpr int kMostWordBits = 1024;

// A positive number that is the whole text; 0 for anything else.
int whole_number(std::string_view text) {
  const std::int64_t value = read_whole(text).value_or(0);
  return value > 0 && value <= kLargestBlock ? static_cast<int>(value) : 0;
}

int read_word_bits(const JsonNode& node) {
  const double bits = node.number(1, kMostWordBits);
  if (bits != std::floor(bits)) throw node.error("is no whole number of bits", "write 32 for words of f32");
  return static_cast<int>(bits);
}

double index_bits(int block) { return static_cast<double>(std::bit_width(static_cast<unsigned>(block - 1))); }

}  // namespace

AcceleratorModel parse_accelerator(std::string_view text, const std::string& path) {
  const auto document = parse_ordered_json(text, path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "name", "source", "note", "word_bits", "pj"});
  if (const JsonNode schema = root.at("schema"); schema.text() != kModelSchema) {
    throw schema.error("the schema is '" + schema.text() + "'", std::string("this hetscope reads ") + kModelSchema);
  }
  const JsonNode pj = root.at("pj");
  pj.check_keys({"multiply_add", "left_word", "index_word", "right_word", "result_read", "result_write", "compare"});
  const auto number = [&pj](const char* name) { return pj.at(name).number(0, kMostPj); };
  AcceleratorModel model;
  model.name = root.at("name").text();
  model.source = root.at("source").text();
  model.note = root.at("note").text();
  model.word_bits = read_word_bits(root.at("word_bits"));
  model.multiply_add_pj = number("multiply_add");
  model.left_word_pj = number("left_word");
  model.index_word_pj = number("index_word");
  model.right_word_pj = number("right_word");
  model.result_read_pj = number("result_read");
  model.result_write_pj = number("result_write");
  if (const auto compare = pj.find("compare")) model.compare_pj = compare->number(0, kMostPj);
  return model;
}

std::string AcceleratorModel::title() const { return name + ", " + std::to_string(word_bits) + "-bit words"; }

const std::vector<AcceleratorModel>& known_accelerators() {
  static const std::vector<AcceleratorModel> kModels = [] {
    std::vector<AcceleratorModel> models;
    for (const EmbeddedFile& file : accelerator_files()) {
      models.push_back(parse_accelerator(file.text, std::string(file.path)));
    }
    return models;
  }();
  return kModels;
}

std::vector<ModelledTerm> modelled_terms(std::string_view series) {
  std::vector<ModelledTerm> terms;
  while (true) {
    const std::size_t plus = series.find('+');
    const std::string_view term = series.substr(0, plus);
    const std::size_t colon = term.find(':');
    if (colon == std::string_view::npos) return {};
    const int n = whole_number(term.substr(0, colon));
    const int m = whole_number(term.substr(colon + 1));
    if (n == 0 || m < n) return {};
    terms.push_back({n, m});
    if (plus == std::string_view::npos) return terms;
    series.remove_prefix(plus + 1);
  }
}

double slots_of_terms(std::span<const ModelledTerm> terms) {
  double slots = 0;
  for (const ModelledTerm& term : terms) slots += static_cast<double>(term.n) / term.m;
  return slots;
}

std::string why_not_modelled(const AcceleratorModel& model, Decomposed decomposed) {
  return decomposed == Decomposed::while_running && !model.compare_pj ? "its table has no energy of a comparison" : "";
}

double modelled_energy_pj(const AcceleratorModel& model, const LayerExtents& layer, std::span<const ModelledTerm> terms,
                          Decomposed decomposed) {
  const auto m = static_cast<double>(layer.m);
  const auto k = static_cast<double>(layer.k);
  const auto n = static_cast<double>(layer.n);
  const double share = terms.empty() ? 1 : slots_of_terms(terms);
  double left_pj = terms.empty() ? model.left_word_pj : 0;
  for (const ModelledTerm& term : terms) {
    left_pj += static_cast<double>(term.n) / term.m *
               (model.left_word_pj + index_bits(term.m) / kIndexWordBits * model.index_word_pj);
    if (decomposed == Decomposed::while_running) left_pj += term.n * model.compare_pj.value();
  }
  return m * k * n * share * model.multiply_add_pj + m * k * left_pj + k * n * model.right_word_pj +
         m * n * (model.result_read_pj + model.result_write_pj);
}

double modelled_edp_ratio(const AcceleratorModel& model, const LayerExtents& layer, std::span<const ModelledTerm> terms,
                          Decomposed decomposed) {
  const double energy =
      modelled_energy_pj(model, layer, terms, decomposed) / modelled_energy_pj(model, layer, {}, Decomposed::ahead);
  return energy * (terms.empty() ? 1 : slots_of_terms(terms));
}

}  // namespace hetscope
