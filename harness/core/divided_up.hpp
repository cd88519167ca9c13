// How many parts of one size cover a whole.
#pragma once

#include <type_traits>

namespace hetscope {

// value / by, rounded up. Neither is negative, and value + by fits the type.
template <class Integer>
constexpr Integer divided_up(Integer value, std::type_identity_t<Integer> by) noexcept {
  return (value + by - 1) / by;
}

}  // namespace hetscope
