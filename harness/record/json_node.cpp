// Strict reading of JSON that people write.
#include "harness/record/json_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "harness/core/registry.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

using Json = nlohmann::ordered_json;

// A tensor of more elements could not be addressed with 64-bit byte offsets whatever its element type.
constexpr std::int64_t kMaxElements = std::numeric_limits<std::int64_t>::max() / 16;

// An object that keeps its order looks through all its members for each that is added. No file that a person writes has
// as many.
constexpr std::size_t kMaxMembers = 4096;

std::string escaped(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

}  // namespace

std::shared_ptr<const Json> parse_ordered_json(std::string_view text, const std::string& path) {
  // The first pass bounds depth and members, refuses repeated keys and words the errors; the second keeps the order.
  static_cast<void>(parse_json(text, path, kMaxMembers));
  return std::make_shared<const Json>(Json::parse(text));
}

JsonNode::JsonNode(const Json& value, std::string path, std::string pointer)
    : value_(&value), path_(std::move(path)), pointer_(std::move(pointer)) {}

std::string JsonNode::where() const { return path_ + "#" + pointer_; }

Error JsonNode::error(std::string problem, std::string remedy) const {
  return Error(std::move(problem), where(), std::move(remedy));
}

Error JsonNode::wrong_type(std::string_view wanted) const {
  return error(fmt::format("expected {}, found {}", wanted, value_->type_name()),
               "docs/ has a page for each kind of file");
}

bool JsonNode::is_object() const { return value_->is_object(); }
bool JsonNode::is_array() const { return value_->is_array(); }

void JsonNode::check_keys(const std::vector<std::string>& known) const {
  if (!value_->is_object()) throw wrong_type("an object");
  for (const auto& item : value_->items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      throw unknown_name("key", item.key(), known, where());
    }
  }
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  if (!value_->is_object()) throw wrong_type("an object");
  const auto found = value_->find(std::string(key));
  if (found == value_->end()) return std::nullopt;
  return JsonNode(*found, path_, pointer_ + "/" + escaped(key));
}

JsonNode JsonNode::at(std::string_view key) const {
  if (auto found = find(key)) return *found;
  throw error(fmt::format("key '{}' is missing", key), "docs/ has a page for each kind of file");
}

std::vector<std::pair<std::string, JsonNode>> JsonNode::members() const {
  if (!value_->is_object()) throw wrong_type("an object");
  std::vector<std::pair<std::string, JsonNode>> result;
  for (const auto& item : value_->items()) {
    result.emplace_back(item.key(), JsonNode(item.value(), path_, pointer_ + "/" + escaped(item.key())));
  }
  return result;
}

std::vector<JsonNode> JsonNode::items() const {
  if (!value_->is_array()) throw wrong_type("a list");
  if (value_->empty()) throw error("the list is empty", "give at least one value, or leave the key out");
  std::vector<JsonNode> result;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    result.emplace_back((*value_)[i], path_, pointer_ + "/" + std::to_string(i));
  }
  return result;
}

std::string JsonNode::text() const {
  if (!value_->is_string()) throw wrong_type("a text");
  auto result = value_->get<std::string>();
  if (result.empty()) throw error("the text is empty");
  return result;
}

bool JsonNode::boolean() const {
  if (!value_->is_boolean()) throw wrong_type("true or false");
  return value_->get<bool>();
}

double JsonNode::number(double low, double high) const {
  if (!value_->is_number()) throw wrong_type("a number");
  const auto result = value_->get<double>();
  if (!(result >= low && result <= high)) {
    throw error(fmt::format("{} is out of range", result), fmt::format("use {} to {}", low, high));
  }
  return result;
}

AxisValue JsonNode::axis_value() const {
  if (value_->is_boolean()) return value_->get<bool>();
  if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    throw error("the integer is too large", "use at most 9223372036854775807");
  }
  if (value_->is_number_integer()) return value_->get<std::int64_t>();
  if (value_->is_number_float()) return value_->get<double>();
  if (value_->is_string()) return text();
  if (!value_->is_array()) throw wrong_type("a boolean, number, text or list of integers");
  Dims dims;
  for (const JsonNode& item : items()) {
    const AxisValue value = item.value_->is_number_integer() ? item.axis_value() : AxisValue(false);
    if (!std::holds_alternative<std::int64_t>(value)) throw item.wrong_type("an integer");
    dims.push_back(std::get<std::int64_t>(value));
  }
  return dims;
}

Dims JsonNode::shape() const {
  if (!value_->is_array()) throw wrong_type("a shape such as [1, 64, 56, 56]");
  Dims result = std::get<Dims>(axis_value());
  check_shape(result, *this);
  return result;
}

std::vector<std::string> JsonNode::texts() const {
  std::vector<std::string> result;
  std::unordered_set<std::string> seen;
  for (const JsonNode& item : items()) {
    result.push_back(item.text());
    if (!seen.insert(result.back()).second) {
      throw item.error("'" + result.back() + "' appears twice", "remove one of them");
    }
  }
  return result;
}

void check_shape(const Dims& shape, const JsonNode& node) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 1) throw node.error(fmt::format("dimension {} is not above zero", extent), "use 1 or more");
    if (extent > kMaxElements / elements) {
      throw node.error("the shape has more elements than memory can hold", "use a smaller shape");
    }
    elements *= extent;
  }
}

}  // namespace hetscope
