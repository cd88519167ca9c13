// A strict reader's view of one place in a JSON file: knows its path and JSON pointer, so that every complaint says
// where it is and what to do. For files that people write; nothing unknown is passed over.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/core/error.hpp"

namespace hetscope {

// Parses what parse_json accepts (no key twice in one object, bounded depth) and keeps the order of keys. Throws Error
// for an object of more than 4,096 members, too.
std::shared_ptr<const nlohmann::ordered_json> parse_ordered_json(std::string_view text, const std::string& path);

// Valid as long as the document it was made from.
class JsonNode {
 public:
  JsonNode(const nlohmann::ordered_json& value, std::string path, std::string pointer = {});

  // The Error for this place: "path#/pointer: problem; remedy".
  Error error(std::string problem, std::string remedy = {}) const;
  // "file.json#/experiments/0"
  std::string where() const;

  bool is_object() const;
  bool is_array() const;
  // Throws Error when it is not an object, or has a key that is not in `known` (with the nearest that is).
  void check_keys(const std::vector<std::string>& known) const;
  // Throws Error when it is missing.
  JsonNode at(std::string_view key) const;
  std::optional<JsonNode> find(std::string_view key) const;
  std::vector<std::pair<std::string, JsonNode>> members() const;  // of an object, in the file's order
  std::vector<JsonNode> items() const;                            // of an array that is not empty

  // Each throws Error when the value is of another type.
  std::string text() const;  // not empty
  bool boolean() const;
  double number(double low, double high) const;  // within [low, high]
  // A boolean, integer, real, text, or a list of integers (a shape).
  AxisValue axis_value() const;
  // A list of integers above zero whose product is a sensible number of elements.
  Dims shape() const;
  // A list of texts without repetition.
  std::vector<std::string> texts() const;

 private:
  Error wrong_type(std::string_view wanted) const;

  const nlohmann::ordered_json* value_;
  std::string path_;
  std::string pointer_;
};

// Throws Error for a dimension below one or a number of elements that no tensor can have.
void check_shape(const Dims& shape, const JsonNode& node);

}  // namespace hetscope
