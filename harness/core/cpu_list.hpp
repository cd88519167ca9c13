// Lists of CPUs as text, as the kernel and our processors' names write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

// "0-3,6" <-> {0,1,2,3,6}, ascending; '+' is accepted for ','. Throws Error for anything else.
std::vector<int> parse_cpu_list(std::string_view text);
std::string format_cpu_list(const std::vector<int>& cpus);

}  // namespace hetscope
