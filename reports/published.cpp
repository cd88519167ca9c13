// Reading scenarios/published/*.json; claims are recomputed from the rows while they are read.
#include "reports/published.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

// A member of an object of the file, with the complaint when it is not what it should be.
class Part {
 public:
  Part(const json& value, std::string where) : value_(value), where_(std::move(where)) {
    if (!value_.is_object()) throw Error("is not an object", where_);
  }

  std::string text(const char* name) const {
    const json& value = member(name);
    if (!value.is_string()) throw Error(std::string("'") + name + "' is not a text", where_);
    return value.get<std::string>();
  }
  std::string text_or_empty(const char* name) const { return value_.contains(name) ? text(name) : std::string(); }
  double number(const char* name) const { return number_of(member(name), name); }
  std::optional<double> number_or_null(const char* name) const {
    const json& value = member(name);
    if (value.is_null()) return std::nullopt;
    return number_of(value, name);
  }
  bool flag(const char* name) const {
    if (!value_.contains(name)) return false;
    const json& value = member(name);
    if (!value.is_boolean()) throw Error(std::string("'") + name + "' is not a boolean", where_);
    return value.get<bool>();
  }
  bool has(const char* name) const { return value_.contains(name); }
  Part object(const char* name) const { return Part(member(name), where_ + " " + name); }
  const json& raw(const char* name) const { return member(name); }

  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> result;
    if (!value_.contains(name)) return result;
    for (const json& item : list(name)) {
      if (!item.is_string()) throw Error(std::string("'") + name + "' is not a list of texts", where_);
      result.push_back(item.get<std::string>());
    }
    return result;
  }
  template <class Visit>
  void each(const char* name, Visit visit) const {
    if (!value_.contains(name)) return;
    std::size_t index = 0;
    for (const json& item : list(name)) visit(Part(item, where_ + " " + name + "[" + std::to_string(index++) + "]"));
  }
  const std::string& where() const { return where_; }

 private:
  const json& member(const char* name) const {
    const auto found = value_.find(name);
    if (found == value_.end()) throw Error(std::string("has no '") + name + "'", where_);
    return *found;
  }
  const json& list(const char* name) const {
    const json& value = member(name);
    if (!value.is_array()) throw Error(std::string("'") + name + "' is not a list", where_);
    return value;
  }
  double number_of(const json& value, const char* name) const {
    if (!value.is_number()) throw Error(std::string("'") + name + "' is not a number", where_);
    return value.get<double>();
  }
  const json& value_;
  std::string where_;
};

// "models/ResNet_50.onnx" and "resnet-50" are one model: lower-case letters and digits of the file's stem.
std::string plain(std::string_view name) {
  name.remove_prefix(name.find_last_of("/\\") + 1);
  for (const std::string_view suffix : {".onnx", ".tflite", ".mnn", ".param", ".bin", ".xml", ".gguf"}) {
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  }
  std::string result;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') result += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) result += c;
  }
  return result;
}

void read_columns(const Part& root, PublishedSet& set) {
  std::set<std::string> names;
  root.each("columns", [&](const Part& part) {
    set.columns.push_back({part.text("name"), part.text("what"), part.text("unit"), part.flag("is_latency")});
    if (!names.insert(set.columns.back().name).second) throw Error("the name is there twice", part.where());
  });
}

void read_rows(const Part& root, PublishedSet& set) {
  std::set<std::string> names;
  root.each("rows", [&](const Part& part) {
    PublishedRow row{part.text("name"), part.text_or_empty("kind"), part.texts("same_as"), {}};
    if (!names.insert(row.name).second) throw Error("the name is there twice", part.where());
    const Part values = part.object("values");
    for (const auto& [name, value] : part.raw("values").items()) {
      if (set.column(name) == nullptr) throw Error("there is no column '" + name + "'", values.where());
      if (const auto number = values.number_or_null(name.c_str())) row.values[name] = *number;
    }
    set.rows.push_back(std::move(row));
  });
}

void read_figures(const Part& root, PublishedSet& set) {
  root.each("figures", [&set](const Part& part) {
    const bool is_range = part.has("low");
    set.figures.push_back({part.text("name"), part.number(is_range ? "low" : "value"),
                           part.number(is_range ? "high" : "value"), part.text("unit"), part.text("what")});
    if (set.figures.back().low > set.figures.back().high) throw Error("low is above high", part.where());
  });
}

// The ratios of two columns over the rows that have both.
std::vector<double> ratios_of(const Part& rule, const PublishedSet& set) {
  const std::string of = rule.text("of");
  const std::string over = rule.text("over");
  const std::vector<std::string> kinds = rule.texts("kinds");
  const std::vector<std::string> except = rule.texts("except");
  for (const std::string& name : {of, over}) {
    if (set.column(name) == nullptr) throw Error("there is no column '" + name + "'", rule.where());
  }
  const auto has = [](const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  };
  std::vector<double> ratios;
  for (const PublishedRow& row : set.rows) {
    if ((!kinds.empty() && !has(kinds, row.kind)) || has(except, row.name)) continue;
    const auto numerator = row.values.find(of);
    const auto denominator = row.values.find(over);
    if (numerator == row.values.end() || denominator == row.values.end() || denominator->second == 0) continue;
    ratios.push_back(numerator->second / denominator->second);
  }
  if (ratios.empty()) throw Error("no row has both columns", rule.where());
  return ratios;
}

double recompute(const Part& rule, const std::vector<double>& ratios) {
  const std::string function = rule.text("function");
  if (function == "geometric_mean") return geometric_mean(ratios);
  if (function == "minimum") return *std::min_element(ratios.begin(), ratios.end());
  if (function == "maximum") return *std::max_element(ratios.begin(), ratios.end());
  throw Error("unknown function '" + function + "'", rule.where(), "geometric_mean, minimum or maximum");
}

}  // namespace

const PublishedColumn* PublishedSet::column(std::string_view column_name) const {
  for (const PublishedColumn& item : columns) {
    if (item.name == column_name) return &item;
  }
  return nullptr;
}

const PublishedRow* PublishedSet::row_of_model(std::string_view model) const {
  const std::string wanted = plain(model);
  if (wanted.empty()) return nullptr;
  for (const PublishedRow& row : rows) {
    if (plain(row.name) == wanted) return &row;
    for (const std::string& other : row.same_as) {
      if (plain(other) == wanted) return &row;
    }
  }
  return nullptr;
}

PublishedSet load_published(const std::string& path) {
  const json document = read_json_file(path);
  const Part root(document, path);
  constexpr const char* kSchema = "hetscope/published/1";
  if (const std::string schema = root.text("schema"); schema != kSchema) {
    throw Error("the schema is '" + schema + "'", path, std::string("this hetscope reads ") + kSchema);
  }
  PublishedSet set;
  set.name = root.text("name");
  set.title = root.text("title");
  const Part source = root.object("source");
  set.source = {source.text("title"), source.text("authors"), source.text("venue"), source.text("identifier"),
                source.text("place")};
  set.device = root.text("device");
  set.setting = root.text("setting");
  read_columns(root, set);
  read_rows(root, set);
  read_figures(root, set);
  root.each("claims", [&set](const Part& part) {
    const Part rule = part.object("recompute");
    const std::vector<double> ratios = ratios_of(rule, set);
    set.claims.push_back(
        {part.text("what"), part.number_or_null("printed"), recompute(rule, ratios), static_cast<int>(ratios.size())});
  });
  set.inconsistencies = root.texts("inconsistencies");
  if (set.rows.empty() && set.figures.empty()) throw Error("holds no figure", path);
  return set;
}

}  // namespace hetscope
