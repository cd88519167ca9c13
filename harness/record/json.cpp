// JSON text from anywhere into a document and back. The reader builds the document itself from nlohmann's event parser
// (which does not recurse), so that depth and repeated names are refused where they stand in the text.
#include "harness/record/json.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTextBytes = std::size_t{256} << 20;
constexpr std::size_t kMaxQuotedBytes = 160;

// Reads the text byte by byte and tells how far the parser came.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Cursor& a, const Cursor& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

std::string shortened(const std::string& text) {
  return text.size() <= kMaxQuotedBytes ? text : text.substr(0, kMaxQuotedBytes) + "...";
}

class DocumentBuilder final : public nlohmann::json_sax<json> {
 public:
  DocumentBuilder(std::string_view text, std::string_view where, std::size_t max_members)
      : text_(text), where_(where), max_members_(max_members), furthest_(text.data()) {}

  Cursor begin() { return {text_.data(), &furthest_}; }
  Cursor end() { return {text_.data() + text_.size(), &furthest_}; }
  json take() { return std::move(root_); }

  bool null() override { return place(nullptr); }
  bool boolean(bool value) override { return place(value); }
  bool number_integer(number_integer_t value) override { return place(value); }
  bool number_unsigned(number_unsigned_t value) override { return place(value); }
  bool number_float(number_float_t value, const string_t&) override { return place(value); }
  bool string(string_t& value) override { return place(std::move(value)); }
  bool binary(binary_t& value) override { return place(std::move(value)); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (open_.back()->contains(name)) {
      throw complaint("the name '" + shortened(name) + "' occurs twice in one object", position(), "keep one of them");
    }
    if (open_.back()->size() >= max_members_) {
      throw complaint("an object has more than " + std::to_string(max_members_) + " members", position(),
                      "is it the right file?");
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& fault) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...": the position is told
    // in our own words, the rest is kept.
    std::string what = fault.what();
    if (const auto bracket = what.find("] "); bracket != std::string::npos) what.erase(0, bracket + 2);
    if (what.rfind("parse error at ", 0) == 0) {
      if (const auto colon = what.find(": "); colon != std::string::npos) what.erase(0, colon + 2);
    }
    throw complaint("not valid JSON: " + shortened(what), position, {});
  }

 private:
  std::size_t position() const { return static_cast<std::size_t>(furthest_ - text_.data()); }

  // `position` counts the bytes read so far: the last of them is the culprit.
  Error complaint(std::string what, std::size_t position, std::string remedy) const {
    std::size_t line = 1;
    std::size_t column = 0;
    for (std::size_t i = 0; i < std::min(position, text_.size()); ++i) {
      if (i > 0 && text_[i - 1] == '\n') {
        ++line;
        column = 0;
      }
      ++column;
    }
    std::string place = "line " + std::to_string(line) + ", column " + std::to_string(std::max<std::size_t>(column, 1));
    return Error(std::move(what), where_.empty() ? place : std::string(where_) + ", " + place, std::move(remedy));
  }

  json* insert(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }
  bool place(json value) {
    insert(std::move(value));
    return true;
  }
  bool open(json container) {
    if (open_.size() == static_cast<std::size_t>(kMaxJsonDepth)) {
      throw complaint("nested deeper than " + std::to_string(kMaxJsonDepth) + " levels", position(), {});
    }
    open_.push_back(insert(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t max_members_;
  const char* furthest_;
  json root_;
  std::vector<json*> open_;  // a container moves only when its parent grows, which happens after it was closed
  std::string key_;
};

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

}  // namespace

json parse_json(std::string_view text, std::string_view where, std::size_t max_members) {
  DocumentBuilder builder(text, where, max_members);
  json::sax_parse(builder.begin(), builder.end(), &builder);
  return builder.take();
}

std::string read_text_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.value() < 0) throw Error(std::string("cannot be opened: ") + std::strerror(errno), path);
  std::string text;
  std::vector<char> chunk(std::size_t{1} << 16);
  while (true) {
    const ssize_t got = ::read(file.value(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(std::string("cannot be read: ") + std::strerror(errno), path);
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxTextBytes) throw Error("larger than 256 MiB", path, "is it the right file?");
  }
}

json read_json_file(const std::string& path) { return parse_json(read_text_file(path), path); }

std::string dump_line(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json axis_to_json(const AxisValue& value) {
  if (const double* real = std::get_if<double>(&value); real != nullptr && !std::isfinite(*real)) {
    return to_string(value);
  }
  return std::visit([](const auto& typed) { return json(typed); }, value);
}

AxisValue axis_from_json(const json& value, std::string_view where) {
  const auto integer = [&where](const json& number) {
    if (number.is_number_unsigned() &&
        number.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw Error("the integer " + number.dump() + " does not fit in 64 bits", std::string(where));
    }
    return number.get<std::int64_t>();
  };
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return integer(value);
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    Dims dims;
    for (const json& extent : value) {
      if (!extent.is_number_integer()) {
        throw Error(std::string("a shape holds integers, not ") + extent.type_name(), std::string(where));
      }
      dims.push_back(integer(extent));
    }
    return dims;
  }
  throw Error(std::string("an axis is a boolean, a number, a text or a list of integers, not ") + value.type_name(),
              std::string(where));
}

}  // namespace hetscope
