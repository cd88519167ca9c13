// Evaluates the subset of C that index code is printed in, with C's own rules (division towards zero) and with the
// width of its types: a value that leaves int is an error, as it would be on the device.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

class CInterpreter {
 public:
  struct Value {
    std::int64_t number = 0;
    bool is_long = false;
  };

  std::map<std::string, Value> variables;
  std::map<std::string, std::vector<std::int64_t>> tables;

  std::int64_t evaluate(std::string_view text) { return value_of(text).number; }

  // "const int p0 = ...;"
  void execute(std::string_view statement) {
    text_ = statement;
    at_ = 0;
    expect("const");
    const bool is_long = word() == "long";
    const std::string name = word();
    expect("=");
    const Value value = conjunction();
    expect(";");
    if (value.is_long && !is_long) throw std::runtime_error("a long is assigned to an int");
    variables[name] = {value.number, is_long};
  }

 private:
  Value value_of(std::string_view text) {
    text_ = text;
    at_ = 0;
    const Value value = conjunction();
    skip();
    if (at_ != text_.size()) throw std::runtime_error("text behind an expression: " + std::string(text));
    return value;
  }

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) {
      throw std::runtime_error("'" + std::string(token) + "' is missing in " + std::string(text_) + " at " +
                               std::to_string(at_));
    }
  }
  std::string word() {
    skip();
    std::string name;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_')) {
      name += text_[at_++];
    }
    if (name.empty()) throw std::runtime_error("a name is missing in " + std::string(text_));
    return name;
  }

  Value checked(std::int64_t number, bool is_long) {
    const bool fits =
        number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max();
    if (!is_long && !fits) throw std::runtime_error("int overflow in " + std::string(text_));
    return {number, is_long};
  }

  // C's precedence, from the loosest.
  Value conjunction() {
    Value left = masked();
    while (take("&&")) {
      const Value right = masked();
      left = {left.number != 0 && right.number != 0 ? 1 : 0, false};
    }
    return left;
  }
  bool next_is_mask() {
    skip();
    return text_.substr(at_).starts_with("&") && !text_.substr(at_).starts_with("&&");
  }
  Value masked() {
    Value left = compared();
    while (next_is_mask()) {
      ++at_;
      const Value right = compared();
      left = {left.number & right.number, left.is_long || right.is_long};
    }
    return left;
  }
  Value compared() {
    Value left = shifted();
    while (true) {
      if (take("==")) {
        left = {left.number == shifted().number ? 1 : 0, false};
      } else if (take(">=")) {
        left = {left.number >= shifted().number ? 1 : 0, false};
      } else if (take("<=")) {
        left = {left.number <= shifted().number ? 1 : 0, false};
      } else {
        return left;
      }
    }
  }
  Value shifted() {
    Value left = added();
    while (take(">>")) left.number >>= added().number;
    return left;
  }
  Value added() {
    Value left = multiplied();
    while (true) {
      if (take("+")) {
        const Value right = multiplied();
        left = checked(left.number + right.number, left.is_long || right.is_long);
      } else if (take("-")) {
        const Value right = multiplied();
        left = checked(left.number - right.number, left.is_long || right.is_long);
      } else {
        return left;
      }
    }
  }
  Value multiplied() {
    Value left = unary();
    while (true) {
      if (take("*")) {
        const Value right = unary();
        left = checked(left.number * right.number, left.is_long || right.is_long);
      } else if (take("/")) {
        const Value right = unary();
        left = checked(left.number / right.number, left.is_long || right.is_long);
      } else if (take("%")) {
        const Value right = unary();
        left = checked(left.number % right.number, left.is_long || right.is_long);
      } else {
        return left;
      }
    }
  }
  Value unary() {
    if (take("-")) {
      const Value value = unary();
      return checked(-value.number, value.is_long);
    }
    if (take("(long)")) return {unary().number, true};
    if (take("(")) {
      const Value value = conjunction();
      expect(")");
      return value;
    }
    skip();
    if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) return literal();
    const std::string name = word();
    if (name == "clamp") return clamped();
    if (take("[")) {
      const std::int64_t position = conjunction().number;
      expect("]");
      return {tables.at(name).at(static_cast<std::size_t>(position)), false};
    }
    return variables.at(name);
  }
  Value literal() {
    std::string digits;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) digits += text_[at_++];
    const bool is_long = at_ < text_.size() && text_[at_] == 'L';
    if (is_long) ++at_;
    return checked(std::stoll(digits), is_long);
  }
  Value clamped() {
    expect("(");
    const Value value = conjunction();
    expect(",");
    const Value low = conjunction();
    expect(",");
    const Value high = conjunction();
    expect(")");
    if (low.is_long != high.is_long || value.is_long != low.is_long) {
      throw std::runtime_error("clamp of several types is ambiguous in OpenCL C");
    }
    return {std::clamp(value.number, low.number, high.number), value.is_long};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace hetscope
