// A Case is one fully specified experiment. It prints as one line and parses back to the same case, whatever it holds,
// so that a row of a report can be pasted behind `hetscope run --case` and runs again exactly as it was.
//
//   layout_transform kernel=nchw_to_nhwc_tiled processor=cpu dtype=f32 shape=1x64x56x56 threads=1 cache=hot
//
// The first word is the operation. `kernel` and `processor` come next; every other word is an axis, in the order in
// which it was set. Several processors are separated by commas. A value is an integer, a real, a boolean, a shape or a
// text; a text that could be read as one of the others, or that holds a blank, a quote or a control character, is
// quoted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hetscope {

using Dims = std::vector<std::int64_t>;
using AxisValue = std::variant<bool, std::int64_t, double, std::string, Dims>;

// "7", "0.5", "true", "1x64x56x56" ("[64]" and "[]" for ranks 1 and 0), "f32", "\"a text\"".
std::string to_string(const AxisValue& value);
// The inverse of to_string; throws Error for a malformed quotation. Every other word is at least a text.
AxisValue parse_axis_value(std::string_view word);

// How a line that Case::line() wrote has the value of "processor", "kernel" or an axis: "cpu", "2", "\"a text\"". None
// when it has no such word. For plans of very many lines; whoever wants more of a line than a word or two parses it.
std::optional<std::string_view> written_value(std::string_view line, std::string_view name) noexcept;

class Case {
 public:
  Case() = default;
  Case(std::string operation, std::string kernel, std::vector<std::string> processors);

  const std::string& operation() const noexcept { return operation_; }
  const std::string& kernel() const noexcept { return kernel_; }
  const std::vector<std::string>& processors() const noexcept { return processors_; }
  const std::vector<std::pair<std::string, AxisValue>>& axes() const noexcept { return axes_; }

  void set_kernel(std::string kernel) { kernel_ = std::move(kernel); }
  void set_processors(std::vector<std::string> processors) { processors_ = std::move(processors); }
  void reserve(std::size_t axes) { axes_.reserve(axes); }
  // Replaces the value when the axis is there already, keeps its place.
  void set(std::string_view axis, AxisValue value);
  // set() of an axis that is not there and whose name is known to be one: looks for nothing.
  void append(std::string_view axis, AxisValue value) { axes_.emplace_back(std::string(axis), std::move(value)); }
  bool has(std::string_view axis) const noexcept { return find(axis) != nullptr; }
  const AxisValue* find(std::string_view axis) const noexcept;

  // The value of an axis; throws Error when it is missing or of another type. An integer is read as a real where one is
  // asked for, and as a shape of rank 1.
  std::int64_t integer(std::string_view axis) const;
  double real(std::string_view axis) const;
  const std::string& text(std::string_view axis) const;
  Dims dims(std::string_view axis) const;
  // The same with a default for a missing axis.
  std::int64_t integer_or(std::string_view axis, std::int64_t fallback) const;
  std::string text_or(std::string_view axis, std::string fallback) const;

  std::string line() const;
  // Throws Error (what is wrong, at which column) when `line` is not a case line.
  static Case parse(std::string_view line);

  // This case without the named axes ("kernel" and "processor" included): cases with equal keys belong to one group.
  std::string key_without(const std::vector<std::string>& axes) const;

  friend bool operator==(const Case&, const Case&) = default;

 private:
  std::string line_without(std::span<const std::string> left_out) const;

  std::string operation_;
  std::string kernel_;
  std::vector<std::string> processors_;
  std::vector<std::pair<std::string, AxisValue>> axes_;
};

}  // namespace hetscope
