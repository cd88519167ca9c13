// Memory that a vendor's extension shares: told apart by name where it is missing, and right where it is there. CTest
// runs this a second time over a library that has both extensions (kernels_with_vendor_memory).
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/kernels/split_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

class VendorMemoryTest : public SplitTest {
 protected:
  const OpenClProcessor& device() { return dynamic_cast<const OpenClProcessor&>(processors_.at("opencl:0")); }
};

TEST_F(VendorMemoryTest, IsThereWhereTheTestWasToldSo) {
  if (std::getenv("HETSCOPE_TESTS_VENDOR_MEMORY") == nullptr) GTEST_SKIP() << "over the installed library";
  ASSERT_TRUE(has_device()) << "the stand-in brings none, or the library behind it";
  EXPECT_TRUE(device().limits().arm_import);
  EXPECT_EQ(device().limits().intel_host, device().limits().svm_fine) << "which stands behind it";
}

TEST_F(VendorMemoryTest, AMissingExtensionIsNamed) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const std::pair<Sharing, const char*> ways[] = {{Sharing::arm_import, "cl_arm_import_memory_host"},
                                                  {Sharing::intel_host, "cl_intel_unified_shared_memory"}};
  for (const auto& [sharing, extension] : ways) {
    const Support support = supports_sharing(sharing, Waiting::wait, device());
    const bool is_there = sharing == Sharing::arm_import ? device().limits().arm_import : device().limits().intel_host;
    EXPECT_EQ(static_cast<bool>(support), is_there);
    if (is_there) continue;
    EXPECT_THAT(support.reason(), HasSubstr(std::string("opencl:0 has no ") + extension));
  }
}

TEST_F(VendorMemoryTest, PartsSharedSoGiveTheWhole) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  for (const char* sharing : {"arm_import", "intel_host"}) {
    for (const char* sync : {"wait", "poll", "callback", "svm_flag"}) {
      const std::string words = std::string(" ratio=0.4 sharing=") + sharing + " sync=" + sync;
      expect_right_or_declined(parse("matmul kernel=matmul_split processor=cpu,opencl:0 parts=matmul_onednn," +
                                     std::string("matmul_tiled m=37 n=70 k=129 split=columns") + words));
      expect_right_or_declined(parse("copy kernel=copy_split processor=cpu,opencl:0 parts=copy_memcpy,copy_buffer " +
                                     std::string("shape=3x17x5 dtype=i8 split=dim1") + words));
    }
  }
}

}  // namespace
}  // namespace hetscope
