// The parts of one text between separators: "m,k,n", "sum:0/sum:2".
#pragma once

#include <string_view>
#include <vector>

namespace hetscope {

// What stands between the separators, empty parts included; the whole text where there is none. Views into `text`.
std::vector<std::string_view> split_text(std::string_view text, char separator);

}  // namespace hetscope
