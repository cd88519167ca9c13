// What the tests of structured sparsity share: small random matrices, and a loop over the instruction sets.
#pragma once

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "harness/core/random.hpp"
#include "tests/error_of.hpp"

namespace hetscope {

// Integers in [-most, most] with many zeros and ties.
inline std::vector<float> tied_values(std::size_t count, std::uint64_t seed, std::uint64_t most = 3) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(random.below(2 * most + 1)) - static_cast<float>(most);
  return values;
}

inline std::vector<float> normal_values(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(random.normal());
  return values;
}

// The bytes of tests/golden/matrices/NAME.hex.
inline std::vector<std::byte> matrix_file(const std::string& name) {
  std::ifstream file(std::string(HETSCOPE_SOURCE_DIR) + "/tests/golden/matrices/" + name + ".hex");
  std::vector<std::byte> bytes;
  for (std::string line; file >> line;) {
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes.push_back(static_cast<std::byte>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
  }
  return bytes;
}

inline double sum_of_magnitudes(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += std::abs(static_cast<double>(v));
  return sum;
}

// body(name) under every instruction set of this build that the processor has; the best one again afterwards.
template <class Body>
void for_each_target(Body&& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    body(std::string(hwy::TargetName(target)));
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace hetscope
