// Splitting at commas; see comma_list.hpp.
#include "harness/core/comma_list.hpp"

#include <algorithm>

namespace hetscope {

std::vector<std::string> split_at_commas(std::string_view list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    names.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace hetscope
