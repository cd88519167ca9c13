// The .npy format, versions 1 to 3 (NumPy's NEP 1): magic, a header in Python's syntax, then the raw elements.
#include "kernels/sparse/npy.hpp"

#include <charconv>
#include <cstring>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "kernels/sparse/file_bytes.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::string_view kZipMagic = "PK";
constexpr std::size_t kMaxAxes = 8;
constexpr std::int64_t kMaxArrayElements = std::int64_t{1} << 40;

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and nothing more general.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, std::string_view where) : rest_(text), where_(where) {}

  Header read() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::int64_t>> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = quoted();
      } else if (key == "fortran_order" && !fortran_order) {
        fortran_order = boolean();
      } else if (key == "shape" && !shape) {
        shape = tuple();
      } else {
        fail("key '" + key + "' is unknown or twice there");
      }
      if (accept('}')) break;
      expect(',');
    }
    skip_blanks();
    if (!rest_.empty()) fail("text behind the dictionary");
    if (!descr || !fortran_order || !shape) fail("descr, fortran_order or shape is missing");
    return {*descr, *fortran_order, *shape};
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error("the .npy header: " + what, std::string(where_));
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }
  bool accept(char c) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "' is missing");
  }
  std::string quoted() {
    skip_blanks();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) fail("a quoted text is missing");
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos || end > 64) fail("a quoted text does not end");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    skip_blanks();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (rest_.substr(0, word.size()) == word) {
        rest_.remove_prefix(word.size());
        return value;
      }
    }
    fail("fortran_order is neither True nor False");
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::int64_t value = -1;
      const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
      if (status != std::errc{} || value < 0) fail("an extent is not a number");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      values.push_back(value);
      if (values.size() > kMaxAxes) fail("more than " + std::to_string(kMaxAxes) + " axes");
      if (accept(')')) break;
      expect(',');
    }
    return values;
  }

  std::string_view rest_;
  std::string_view where_;
};

std::int64_t count_of(const std::vector<std::int64_t>& shape, std::string_view where) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent > 0 && count > kMaxArrayElements / extent) throw Error("the array is too large", std::string(where));
    count *= extent;
  }
  return count;
}

// Bytes of an element in the file; throws for a type that is not read.
std::size_t stored_size(const std::string& descr, std::string_view where) {
  if (descr == "<f4") return 4;
  if (descr == "<f2") return 2;
  if (descr == "<f8") return 8;
  if (descr == "|i1" || descr == "<i1") return 1;
  throw Error("elements of type '" + descr + "' are not read", std::string(where),
              "save little-endian float32, float64, float16 or int8");
}

// Offsets in the file of the elements in C order: Fortran order runs the first axis fastest.
template <class Visit>
void for_each_fortran_offset(const std::vector<std::int64_t>& shape, std::int64_t count, Visit&& visit) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    visit(i, offset);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

void to_c_order(NpyArray& array, std::size_t size) {
  std::vector<std::byte> ordered(array.bytes.size());
  for_each_fortran_offset(array.shape, array.element_count(), [&](std::int64_t to, std::int64_t from) {
    std::memcpy(ordered.data() + static_cast<std::size_t>(to) * size,
                array.bytes.data() + static_cast<std::size_t>(from) * size, size);
  });
  array.bytes = std::move(ordered);
}

void narrow_f64(NpyArray& array) {
  const auto count = static_cast<std::size_t>(array.element_count());
  std::vector<std::byte> narrow(count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    double wide;
    std::memcpy(&wide, array.bytes.data() + i * sizeof wide, sizeof wide);
    const auto value = static_cast<float>(wide);
    std::memcpy(narrow.data() + i * sizeof value, &value, sizeof value);
  }
  array.bytes = std::move(narrow);
}

}  // namespace

std::int64_t NpyArray::element_count() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::vector<float> NpyArray::to_f32() const {
  std::vector<float> values(static_cast<std::size_t>(element_count()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::span<const std::byte> all(bytes);
    if (dtype == DType::f32) values[i] = load_little<float>(all, i * 4);
    if (dtype == DType::f16) values[i] = f32_from_f16(load_little<std::uint16_t>(all, i * 2));
    if (dtype == DType::i8) values[i] = static_cast<float>(load_little<std::int8_t>(all, i));
  }
  return values;
}

NpyArray parse_npy(std::span<const std::byte> bytes, std::string_view where) {
  if (!starts_with(bytes, kNpyMagic) || bytes.size() < 10) throw Error("not an .npy file", std::string(where));
  const int version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3) {
    throw Error(".npy version " + std::to_string(version) + " is unknown", std::string(where));
  }
  const std::size_t text_at = version == 1 ? 10 : 12;
  if (bytes.size() < text_at) throw Error("the file ends inside the .npy header", std::string(where));
  const std::size_t text_size =
      version == 1 ? load_little<std::uint16_t>(bytes, 8) : load_little<std::uint32_t>(bytes, 8);
  if (text_size > bytes.size() - text_at) throw Error("the file ends inside the .npy header", std::string(where));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + text_at, text_size);
  const Header header = HeaderReader(text, where).read();

  NpyArray array;
  array.stored_type = header.descr;
  array.shape = header.shape;
  const std::size_t size = stored_size(header.descr, where);
  const auto expected = static_cast<std::uint64_t>(count_of(header.shape, where)) * size;
  const std::span<const std::byte> elements = bytes.subspan(text_at + text_size);
  if (elements.size() != expected) {
    throw Error(
        "the shape needs " + std::to_string(expected) + " bytes, the file has " + std::to_string(elements.size()),
        std::string(where));
  }
  array.bytes.assign(elements.begin(), elements.end());
  if (header.fortran_order && header.shape.size() > 1) to_c_order(array, size);
  array.dtype = size == 2 ? DType::f16 : size == 1 ? DType::i8 : DType::f32;
  if (size == 8) narrow_f64(array);
  return array;
}

std::vector<NpyArray> load_npy_or_npz(const std::string& path) {
  const std::vector<std::byte> bytes = read_file_bytes(path);
  if (starts_with(bytes, kZipMagic)) return parse_npz(bytes, path);
  std::vector<NpyArray> one;
  one.push_back(parse_npy(bytes, path));
  return one;
}

NpyArray load_array(const std::string& path, std::string_view name) {
  std::vector<NpyArray> arrays = load_npy_or_npz(path);
  std::vector<std::string> names;
  for (NpyArray& array : arrays) {
    if (array.name == name || (name.empty() && arrays.size() == 1)) return std::move(array);
    names.push_back(array.name);
  }
  if (name.empty()) throw Error("the archive has " + std::to_string(names.size()) + " arrays", path, "name one");
  throw unknown_name("array", name, names, path);
}

}  // namespace hetscope
