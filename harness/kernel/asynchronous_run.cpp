// Words of the axes sharing and sync.
#include "harness/kernel/asynchronous_run.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace hetscope {
namespace {

template <class Enum>
Enum value_named(std::span<const std::string_view> names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  assert(found != names.end() && "the axis has these choices only");
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

Sharing sharing_named(std::string_view name) { return value_named<Sharing>(kSharingNames, name); }
Waiting waiting_named(std::string_view name) { return value_named<Waiting>(kWaitingNames, name); }

}  // namespace hetscope
