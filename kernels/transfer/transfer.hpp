// The words of the operation `transfer`, shared by its definition and its kernels.
#pragma once

#include <array>
#include <string_view>

namespace hetscope {

inline constexpr std::string_view kToDevice = "to_device";
inline constexpr std::string_view kFromDevice = "from_device";

// The first three are those of a split (kSharingNames); the others need shared virtual memory.
inline constexpr std::array<std::string_view, 5> kTransferSharings = {"copy", "use_host_ptr", "alloc_host_ptr",
                                                                      "svm_coarse", "svm_fine"};

}  // namespace hetscope
