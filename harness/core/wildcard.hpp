// Names with a '*' in them, as scenarios and questions write them.
#pragma once

#include <string_view>

namespace hetscope {

// '*' in `pattern` stands for any number of characters; anything else for itself.
bool matches_wildcard(std::string_view pattern, std::string_view name) noexcept;

}  // namespace hetscope
