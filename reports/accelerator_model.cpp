// Tables of energies and the energy of a layer.
#include "reports/accelerator_model.hpp"

#include <bit>

#include <nlohmann/json.hpp>

#include "harness/core/decimal.hpp"
#include "harness/record/json_node.hpp"

namespace hetscope {
namespace {

constexpr const char* kModelSchema = "hetscope/accelerator-model/1";
constexpr double kIndexWordBits = 16;
constexpr double kMostPj = 1e9;
constexpr int kLargestBlock = 1 << 20;

// A positive number that is the whole text; 0 for anything else.
int whole_number(std::string_view text) {
  const std::int64_t value = read_whole(text).value_or(0);
  return value > 0 && value <= kLargestBlock ? static_cast<int>(value) : 0;
}

double index_bits(int block) { return static_cast<double>(std::bit_width(static_cast<unsigned>(block - 1))); }

}  // namespace

AcceleratorModel parse_accelerator(std::string_view text, const std::string& path) {
  const auto document = parse_ordered_json(text, path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "name", "source", "note", "pj"});
  if (const JsonNode schema = root.at("schema"); schema.text() != kModelSchema) {
    throw schema.error("the schema is '" + schema.text() + "'", std::string("this hetscope reads ") + kModelSchema);
  }
  const JsonNode pj = root.at("pj");
  pj.check_keys({"multiply_add", "left_word", "index_word", "right_word", "result_read", "result_write"});
  const auto number = [&pj](const char* name) { return pj.at(name).number(0, kMostPj); };
  return {root.at("name").text(), root.at("source").text(), root.at("note").text(),
          number("multiply_add"), number("left_word"),      number("index_word"),
          number("right_word"),   number("result_read"),    number("result_write")};
}

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

double modelled_energy_pj(const AcceleratorModel& model, const LayerExtents& layer,
                          std::span<const ModelledTerm> terms) {
  const auto m = static_cast<double>(layer.m);
  const auto k = static_cast<double>(layer.k);
  const auto n = static_cast<double>(layer.n);
  const double share = terms.empty() ? 1 : slots_of_terms(terms);
  double left_pj = terms.empty() ? model.left_word_pj : 0;
  for (const ModelledTerm& term : terms) {
    left_pj += static_cast<double>(term.n) / term.m *
               (model.left_word_pj + index_bits(term.m) / kIndexWordBits * model.index_word_pj);
  }
  return m * k * n * share * model.multiply_add_pj + m * k * left_pj + k * n * model.right_word_pj +
         m * n * (model.result_read_pj + model.result_write_pj);
}

double modelled_edp_ratio(const AcceleratorModel& model, const LayerExtents& layer,
                          std::span<const ModelledTerm> terms) {
  const double energy = modelled_energy_pj(model, layer, terms) / modelled_energy_pj(model, layer, {});
  return energy * (terms.empty() ? 1 : slots_of_terms(terms));
}

}  // namespace hetscope
