// Zip archives of .npy files as numpy.savez writes them. The central directory at the end is what counts; a member must
// be stored, because a decompressor would be a dependency for a step that `numpy.savez` makes unnecessary.
#include <array>
#include <string>

#include "harness/core/error.hpp"
#include "kernels/sparse/file_bytes.hpp"
#include "kernels/sparse/npy.hpp"

namespace hetscope {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEntrySignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kMaxMembers = 65535;

std::uint32_t crc32(Bytes bytes) {
  static const auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? 0xedb88320U : 0U);
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = 0xffffffffU;
  for (const std::byte b : bytes) crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xffU];
  return ~crc;
}

// The end record is the last thing in the archive, except for a comment of up to 65535 bytes.
std::size_t find_end(Bytes bytes, const std::string& where) {
  if (bytes.size() >= kEndBytes) {
    const std::size_t last = bytes.size() - kEndBytes;
    const std::size_t first = last > 65535 ? last - 65535 : 0;
    for (std::size_t at = last + 1; at-- > first;) {
      if (load_little<std::uint32_t>(bytes, at) == kEndSignature &&
          load_little<std::uint16_t>(bytes, at + 20) == bytes.size() - at - kEndBytes) {
        return at;
      }
    }
  }
  throw Error("not a complete zip archive", where, "the file may be cut off");
}

struct Member {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t stored_size = 0;
  std::uint32_t size = 0;
  std::uint32_t local_at = 0;
};

Member read_entry(Bytes bytes, std::size_t& at, std::size_t end, const std::string& where) {
  if (end - at < kEntryBytes || load_little<std::uint32_t>(bytes, at) != kEntrySignature) {
    throw Error("the archive's directory is damaged", where);
  }
  Member member;
  member.flags = load_little<std::uint16_t>(bytes, at + 8);
  member.method = load_little<std::uint16_t>(bytes, at + 10);
  member.crc = load_little<std::uint32_t>(bytes, at + 16);
  member.stored_size = load_little<std::uint32_t>(bytes, at + 20);
  member.size = load_little<std::uint32_t>(bytes, at + 24);
  const std::size_t name_size = load_little<std::uint16_t>(bytes, at + 28);
  const std::size_t extra_size = load_little<std::uint16_t>(bytes, at + 30);
  const std::size_t comment_size = load_little<std::uint16_t>(bytes, at + 32);
  member.local_at = load_little<std::uint32_t>(bytes, at + 42);
  if (name_size + extra_size + comment_size > end - at - kEntryBytes) {
    throw Error("the archive's directory is damaged", where);
  }
  member.name.assign(reinterpret_cast<const char*>(bytes.data()) + at + kEntryBytes, name_size);
  at += kEntryBytes + name_size + extra_size + comment_size;
  return member;
}

Bytes contents_of(Bytes bytes, const Member& member, const std::string& where) {
  constexpr std::uint32_t kElsewhere = 0xffffffffU;
  if (member.size == kElsewhere || member.stored_size == kElsewhere || member.local_at == kElsewhere) {
    throw Error("members of 4 GiB and more are not read", where, "save it as .npy");
  }
  if ((member.flags & 1U) != 0) throw Error("the member is encrypted", where);
  if (member.method != 0)
    throw Error("the member is compressed", where, "save it with numpy.savez, not savez_compressed");
  if (member.size != member.stored_size) throw Error("a stored member has two different sizes", where);
  if (bytes.size() < kLocalBytes || member.local_at > bytes.size() - kLocalBytes ||
      load_little<std::uint32_t>(bytes, member.local_at) != kLocalSignature) {
    throw Error("the member's header is not where the directory says", where);
  }
  const std::size_t begin = std::size_t{member.local_at} + kLocalBytes +
                            load_little<std::uint16_t>(bytes, member.local_at + 26) +
                            load_little<std::uint16_t>(bytes, member.local_at + 28);
  if (begin > bytes.size() || member.size > bytes.size() - begin) throw Error("the file ends inside the member", where);
  const Bytes contents = bytes.subspan(begin, member.size);
  if (crc32(contents) != member.crc) throw Error("the member's checksum differs", where, "the file is damaged");
  return contents;
}

}  // namespace

std::vector<NpyArray> parse_npz(std::span<const std::byte> bytes, std::string_view where) {
  const std::string place(where);
  const std::size_t end = find_end(bytes, place);
  const std::size_t count = load_little<std::uint16_t>(bytes, end + 10);
  const std::size_t directory_at = load_little<std::uint32_t>(bytes, end + 16);
  if (directory_at > end || count == kMaxMembers) {
    throw Error("the archive's directory is not where its end says", place, "large archives (zip64) are not read");
  }
  std::vector<NpyArray> arrays;
  std::size_t at = directory_at;
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Member member = read_entry(bytes, at, end, place);
    constexpr std::string_view kSuffix = ".npy";
    if (!std::string_view(member.name).ends_with(kSuffix)) continue;
    const std::string member_place = place + " member " + member.name;
    // Members may not overlap, or a small file could ask for a lot of memory.
    total += member.size;
    if (total > bytes.size()) throw Error("the members are larger than the archive", member_place);
    NpyArray array = parse_npy(contents_of(bytes, member, member_place), member_place);
    array.name = member.name.substr(0, member.name.size() - kSuffix.size());
    arrays.push_back(std::move(array));
  }
  if (arrays.empty()) throw Error("the archive holds no .npy", place);
  return arrays;
}

}  // namespace hetscope
