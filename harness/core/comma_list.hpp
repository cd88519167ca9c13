// Names in one text with commas between them: "m,k,n".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

// What stands between the commas, empty texts included; one text where there is no comma.
std::vector<std::string> split_at_commas(std::string_view list);

}  // namespace hetscope
