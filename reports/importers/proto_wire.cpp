// https://protobuf.dev/programming-guides/encoding
#include "reports/importers/proto_wire.hpp"

#include <bit>

namespace hetscope {

double ProtoField::as_float() const {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

std::optional<std::uint64_t> ProtoReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ProtoReader::fixed(std::size_t bytes) {
  if (rest_.size() < bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i > 0; --i) value = value << 8U | static_cast<unsigned char>(rest_[i - 1]);
  rest_.remove_prefix(bytes);
  return value;
}

std::optional<ProtoField> ProtoReader::broken() {
  is_broken_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::optional<std::uint64_t> tag = varint();
  if (!tag || *tag >> 3U == 0 || *tag >> 3U > 0x1fffffffU) return broken();
  ProtoField field;
  field.number = static_cast<std::uint32_t>(*tag >> 3U);
  std::optional<std::uint64_t> bits;
  switch (*tag & 7U) {
    case 0:
      bits = varint();
      break;
    case 1:
      field.type = ProtoField::Type::fixed64;
      bits = fixed(8);
      break;
    case 2:
      field.type = ProtoField::Type::bytes;
      bits = varint();
      if (!bits || *bits > rest_.size()) return broken();
      field.bytes = rest_.substr(0, static_cast<std::size_t>(*bits));
      rest_.remove_prefix(field.bytes.size());
      break;
    case 5:
      field.type = ProtoField::Type::fixed32;
      bits = fixed(4);
      break;
    default:
      return broken();  // groups, which no result file has
  }
  if (!bits) return broken();
  field.bits = *bits;
  return field;
}

}  // namespace hetscope
