// Reads a scenario file and the shape files that it names. What its names mean (kernels, axes, processors) is checked
// when it is expanded, where the catalog and the processors are known.
#include "harness/run/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/registry.hpp"
#include "harness/core/split_text.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/json.hpp"
#include "harness/record/json_node.hpp"
#include "harness/run/scenario_texts.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kScenarioSchema = "hetscope/scenario/1";
constexpr std::string_view kShapesSchema = "hetscope/shapes/1";
constexpr double kMaxSeconds = 7 * 86400.0;
constexpr double kMinBudgetSeconds = 1e-3;

using Row = std::vector<std::pair<std::string, AxisValue>>;

void check_schema(const JsonNode& root, std::string_view wanted) {
  const JsonNode schema = root.at("schema");
  if (schema.text() != wanted) {
    throw schema.error("schema '" + schema.text() + "' is not known", fmt::format("this reads '{}'", wanted));
  }
}

bool is_shape_axis(const std::string& axis) { return axis == "shape" || axis.ends_with("_shape"); }

// "shape", the layer's other axes and its name, in this order.
Row read_layer(const JsonNode& item, const std::string& model) {
  const std::string layer = item.at("layer").text();
  Row row = {{"shape", item.at("shape").shape()}};
  for (const auto& [name, value] : item.members()) {
    if (name != "layer" && name != "shape") row.emplace_back(name, value.axis_value());
  }
  row.emplace_back("layer", model + "/" + layer);
  return row;
}

bool have_same_axes(const Row& one, const Row& other) {
  return std::ranges::equal(one, other, {}, &Row::value_type::first, &Row::value_type::first);
}

// The layers of one file. `only` empty: all. Marks in `unused` which of `only` were met.
std::vector<Row> read_shapes_file(const std::string& path, const std::vector<std::string>& only,
                                  std::set<std::string>& unused, std::vector<std::string>& layers) {
  const auto document = parse_ordered_json(scenario_text(path), path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "model", "source", "note", "shapes"});
  check_schema(root, kShapesSchema);
  const std::string model = root.at("model").text();
  if (const auto source = root.find("source")) static_cast<void>(source->text());
  if (const auto note = root.find("note")) static_cast<void>(note->text());
  std::vector<Row> rows;
  std::set<Row> seen;
  for (const JsonNode& item : root.at("shapes").items()) {
    Row row = read_layer(item, model);
    if (!rows.empty() && !have_same_axes(rows.front(), row)) {
      throw item.error("has other members than the layers before it", "give all layers the same, in the same order");
    }
    const std::string layer = item.at("layer").text();
    layers.push_back(layer);
    if (!only.empty() && std::find(only.begin(), only.end(), layer) == only.end()) continue;
    unused.erase(layer);
    if (seen.insert(Row(row.begin(), row.end() - 1)).second) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> read_shape_rows(const JsonNode& node, const std::string& scenario_path) {
  node.check_keys({"file", "only"});
  const JsonNode file = node.at("file");
  const std::vector<std::string> files = file.is_array() ? file.texts() : std::vector<std::string>{file.text()};
  std::vector<std::string> only;
  if (const auto filter = node.find("only")) only = filter->texts();
  std::set<std::string> unused(only.begin(), only.end());
  std::vector<std::string> layers;
  std::vector<Row> rows;
  for (const std::string& name : files) {
    const auto path = (std::filesystem::path(scenario_path).parent_path() / name).lexically_normal();
    if (!has_scenario_text(path.string())) {
      throw file.error("there is no shapes file '" + path.string() + "'",
                       "the path is relative to the scenario's file");
    }
    const auto more = read_shapes_file(path.string(), only, unused, layers);
    if (!rows.empty() && !more.empty() && !have_same_axes(rows.front(), more.front())) {
      throw file.error("the layers of " + name + " have other members than those of the files before it",
                       "give them an experiment of their own");
    }
    rows.insert(rows.end(), more.begin(), more.end());
  }
  if (!unused.empty()) throw unknown_name("layer", *unused.begin(), layers, node.at("only").where());
  return rows;
}

// "m,k,n": each shape gives one value to each of the axes.
std::vector<Row> read_joint_rows(const std::string& name, const JsonNode& node, const std::string& path) {
  const std::vector<std::string_view> axes = split_text(name, ',');
  std::vector<Row> shapes;
  if (node.is_object()) {
    shapes = read_shape_rows(node, path);
  } else {
    for (const JsonNode& item : node.items()) shapes.push_back({{"shape", item.shape()}});
  }
  std::vector<Row> rows;
  for (const Row& shape : shapes) {
    const Dims& extents = std::get<Dims>(shape.front().second);
    if (extents.size() != axes.size()) {
      throw node.error(fmt::format("shape {} has {} extents for {} axes", to_string(shape.front().second),
                                   extents.size(), axes.size()),
                       "name as many axes as the shapes have extents");
    }
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < axes.size(); ++i) row.emplace_back(axes[i], extents[i]);
    row.insert(row.end(), shape.begin() + 1, shape.end());
  }
  return rows;
}

std::vector<std::vector<std::string>> read_together(const JsonNode& node) {
  std::vector<std::vector<std::string>> result;
  for (const JsonNode& item : node.items()) {
    result.push_back(item.texts());
    if (result.back().size() < 2 || result.back().size() > 3) {
      throw item.error("work is shared by two or three processors", "name two or three, as in [\"cpu\", \"opencl:0\"]");
    }
  }
  return result;
}

void read_axis(const std::string& name, const JsonNode& node, const std::string& path, Experiment& experiment) {
  if (name == "kernel" || name == "processor" || name == "operation") {
    throw node.error("'" + name + "' is not an axis", "name it beside 'axes': 'operation', 'kernels', 'processors'");
  }
  const bool is_joint = name.find(',') != std::string::npos;
  if ((is_joint || node.is_object()) && !experiment.rows.empty()) {
    throw node.error("two axes vary row by row", "give one of them as a list of values");
  }
  if (is_joint) {
    experiment.rows = read_joint_rows(name, node, path);
    return;
  }
  if (node.is_object()) {
    if (name != "shape") throw node.error("only the axis 'shape' can come from a file", "give a list of values");
    experiment.rows = read_shape_rows(node, path);
    return;
  }
  std::vector<AxisValue> values;
  std::set<AxisValue> seen;
  for (const JsonNode& item : node.items()) {
    AxisValue value = item.axis_value();
    if (is_shape_axis(name) && std::holds_alternative<std::int64_t>(value)) {
      throw item.error("a shape is a list of its own", fmt::format("write [[{}, ...]]", to_string(value)));
    }
    if (const Dims* shape = std::get_if<Dims>(&value); shape != nullptr && is_shape_axis(name)) {
      check_shape(*shape, item);
    }
    if (!seen.insert(value).second) {
      throw item.error("value " + to_string(value) + " appears twice", "remove one of them");
    }
    values.push_back(std::move(value));
  }
  experiment.axes.emplace_back(name, std::move(values));
}

void read_baseline(const JsonNode& node, Experiment& experiment) {
  if (node.members().empty())
    throw node.error("the baseline names no axis", "for example {\"kernel\": \"copy_memcpy\"}");
  for (const auto& [axis, value] : node.members()) {
    if (std::find(experiment.compare_by.begin(), experiment.compare_by.end(), axis) == experiment.compare_by.end()) {
      throw value.error("the baseline's axis '" + axis + "' is not one of 'compare_by'",
                        "members of a group differ only in those: add it there or leave it out here");
    }
    const bool is_name = axis == "kernel" || axis == "processor";
    experiment.baseline[axis] = is_name ? AxisValue(value.text()) : value.axis_value();
  }
}

Experiment read_experiment(const JsonNode& node, const std::string& path) {
  node.check_keys({"operation", "kernels", "processors", "together", "axes", "compare_by", "baseline", "energy", "soak",
                   "budget_s"});
  Experiment experiment;
  experiment.operation = node.at("operation").text();
  experiment.kernels = {"*"};
  experiment.processors = {"*"};
  if (const auto kernels = node.find("kernels")) experiment.kernels = kernels->texts();
  if (const auto processors = node.find("processors")) experiment.processors = processors->texts();
  if (const auto together = node.find("together")) experiment.together = read_together(*together);
  if (const auto axes = node.find("axes")) {
    for (const auto& [name, value] : axes->members()) read_axis(name, value, path, experiment);
    const auto layer = axes->find("layer");
    if (layer && !experiment.rows.empty()) {
      throw layer->error("'layer' comes with the shapes file already", "remove it");
    }
  }
  if (const auto compare_by = node.find("compare_by")) experiment.compare_by = compare_by->texts();
  if (const auto baseline = node.find("baseline")) read_baseline(*baseline, experiment);
  if (const auto energy = node.find("energy")) experiment.energy = energy->boolean();
  if (const auto soak = node.find("soak")) experiment.soak = soak->boolean();
  if (const auto budget = node.find("budget_s")) experiment.budget_s = budget->number(kMinBudgetSeconds, kMaxSeconds);
  return experiment;
}

}  // namespace

Scenario load_scenario(const std::string& path) { return parse_scenario(scenario_text(path), path); }

Scenario parse_scenario(std::string_view text, const std::string& path) {
  const auto document = parse_ordered_json(text, path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "name", "title", "question", "budget_s", "total_budget_s", "roofs", "experiments"});
  check_schema(root, kScenarioSchema);
  Scenario scenario;
  scenario.path = path;
  scenario.sha256 = sha256_of_text(std::string(text));
  scenario.name = root.at("name").text();
  if (const auto title = root.find("title")) scenario.title = title->text();
  if (const auto question = root.find("question")) scenario.question = question->text();
  if (const auto budget = root.find("budget_s")) scenario.budget_s = budget->number(kMinBudgetSeconds, kMaxSeconds);
  if (const auto total = root.find("total_budget_s")) scenario.total_budget_s = total->number(0, kMaxSeconds);
  if (const auto roofs = root.find("roofs")) scenario.roofs = roofs->boolean();
  for (const JsonNode& item : root.at("experiments").items()) {
    scenario.experiments.push_back(read_experiment(item, path));
  }
  return scenario;
}

}  // namespace hetscope
