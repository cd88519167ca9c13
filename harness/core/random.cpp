// The parts of the generator that are too long for the header.
#include "harness/core/random.hpp"

#include <cmath>
#include <numbers>

namespace hetscope {

double Random::normal() noexcept {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - u is in (0, 1]: log stays finite
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::uint64_t seed_from(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace hetscope
