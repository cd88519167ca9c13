// The protocol buffer wire format, as much as a result file needs: fields in order, bounds checked, nothing copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hetscope {

struct ProtoField {
  std::uint32_t number = 0;
  enum class Type { varint, fixed64, bytes, fixed32 } type = Type::varint;
  std::uint64_t bits = 0;  // of the first, second and fourth type
  std::string_view bytes;  // of the third: a text or a message

  double as_float() const;  // of a fixed32
};

class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message) {}
  // Nothing at the end, and at the first byte that is no field; `is_broken` tells them apart.
  std::optional<ProtoField> next();
  bool is_broken() const { return is_broken_; }

 private:
  std::optional<std::uint64_t> varint();
  std::optional<std::uint64_t> fixed(std::size_t bytes);
  std::optional<ProtoField> broken();
  std::string_view rest_;
  bool is_broken_ = false;
};

}  // namespace hetscope
