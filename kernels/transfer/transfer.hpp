// The words of the operation `transfer`, shared by its definition and its kernels.
#pragma once

#include <string_view>

namespace hetscope {

inline constexpr std::string_view kToDevice = "to_device";
inline constexpr std::string_view kFromDevice = "from_device";
inline constexpr std::string_view kLaunches = "launches";

}  // namespace hetscope
