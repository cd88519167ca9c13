// A case as a value: its axes and their typed access. How it is written as a line is in case_line.cpp.
#include "harness/core/case.hpp"

#include "harness/core/case_words.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// Axes are looked up one by one; a hostile line of very many would take for ever.
constexpr std::size_t kMaxAxes = 1000;

const char* type_name(const AxisValue& value) {
  static constexpr const char* kNames[] = {"a boolean", "an integer", "a real", "a text", "a shape"};
  return kNames[value.index()];
}

[[noreturn]] void throw_missing(const Case& item, std::string_view axis) {
  throw Error("axis '" + std::string(axis) + "' is missing", item.line(), "add " + std::string(axis) + "=...");
}

[[noreturn]] void throw_type(const Case& item, std::string_view axis, const AxisValue& value, const char* wanted) {
  throw Error(
      "axis '" + std::string(axis) + "' is " + type_name(value) + ", " + to_string(value) + ", and not " + wanted,
      item.line());
}

const AxisValue& required(const Case& item, std::string_view axis) {
  const AxisValue* value = item.find(axis);
  if (value == nullptr) throw_missing(item, axis);
  return *value;
}

}  // namespace

Case::Case(std::string operation, std::string kernel, std::vector<std::string> processors)
    : operation_(std::move(operation)), kernel_(std::move(kernel)), processors_(std::move(processors)) {}

void Case::set(std::string_view axis, AxisValue value) {
  if (!is_axis_name(axis)) {
    throw Error("'" + std::string(axis) + "' cannot name an axis", {},
                "an axis name is a letter or '_' followed by letters, digits, '_' or '.', and not kernel or processor");
  }
  for (auto& [name, old] : axes_) {
    if (name == axis) {
      old = std::move(value);
      return;
    }
  }
  if (axes_.size() >= kMaxAxes) throw Error("a case of more than " + std::to_string(kMaxAxes) + " axes");
  axes_.emplace_back(std::string(axis), std::move(value));
}

const AxisValue* Case::find(std::string_view axis) const noexcept {
  for (const auto& [name, value] : axes_) {
    if (name == axis) return &value;
  }
  return nullptr;
}

std::int64_t Case::integer(std::string_view axis) const {
  const AxisValue& value = required(*this, axis);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  throw_type(*this, axis, value, "an integer");
}

double Case::real(std::string_view axis) const {
  const AxisValue& value = required(*this, axis);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  throw_type(*this, axis, value, "a real");
}

const std::string& Case::text(std::string_view axis) const {
  const AxisValue& value = required(*this, axis);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  throw_type(*this, axis, value, "a text");
}

Dims Case::dims(std::string_view axis) const {
  const AxisValue& value = required(*this, axis);
  if (const auto* dims = std::get_if<Dims>(&value)) return *dims;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return {*integer};
  throw_type(*this, axis, value, "a shape");
}

std::int64_t Case::integer_or(std::string_view axis, std::int64_t fallback) const {
  return has(axis) ? integer(axis) : fallback;
}

std::string Case::text_or(std::string_view axis, std::string fallback) const {
  return has(axis) ? text(axis) : fallback;
}

}  // namespace hetscope
