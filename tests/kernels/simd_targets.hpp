// The vector code is compiled for several instruction sets and runs in the best of this CPU. In these tests each of
// them that this CPU has takes its turn.
#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

class SimdTargetsTest : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    if ((hwy::SupportedTargets() & GetParam()) == 0) GTEST_SKIP() << "not in this CPU";
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

inline HostTensor random_tensor(DType dtype, std::int64_t elements) {
  HostTensor tensor(dtype, Shape{elements}, Layout::row_major(1));
  Random random(3);
  for (std::size_t i = 0; i < tensor.size_bytes(); ++i) tensor.data()[i] = static_cast<std::byte>(random.next());
  return tensor;
}

inline std::vector<std::int64_t> generated_targets() {
  std::vector<std::int64_t> result;
  for (std::uint64_t bits = static_cast<std::uint64_t>(HWY_TARGETS); bits != 0; bits &= bits - 1) {
    result.push_back(static_cast<std::int64_t>(bits & (~bits + 1)));
  }
  return result;
}

inline std::string target_name(const testing::TestParamInfo<std::int64_t>& info) { return hwy::TargetName(info.param); }

}  // namespace hetscope
