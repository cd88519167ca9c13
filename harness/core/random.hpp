// A seeded generator whose sequence is part of the record: the same seed gives the same inputs, orders and intervals on
// every compiler (std::shuffle and the standard distributions do not promise that).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace hetscope {

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound), bound > 0; the bias of the multiply-shift reduction is below 2^-32 for bounds under 2^32.
  std::uint64_t below(std::uint64_t bound) noexcept {
    if (bound <= 0xffffffffULL) return ((next() >> 32) * bound) >> 32;
    return next() % bound;
  }
  // Uniform in [0, 1).
  double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Standard normal (Box-Muller).
  double normal() noexcept;

  template <class T>
  void shuffle(std::span<T> items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

// FNV-1a of a text: a stable seed from a case line.
std::uint64_t seed_from(std::string_view text) noexcept;

}  // namespace hetscope
