// What a device says about itself, from fake trees of a PC, a virtual machine and an arm64 board.
#include "harness/record/fingerprint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "harness/core/error.hpp"
#include "harness/record/cpu_parts.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

void write_cache(const TemporaryDirectory& root, int index, const std::string& level, const std::string& type,
                 const std::string& size) {
  const std::string folder = "sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
  root.write(folder + "level", level + "\n");
  root.write(folder + "type", type + "\n");
  root.write(folder + "size", size + "\n");
}

void write_pc(const TemporaryDirectory& root) {
  root.write(
      "proc/cpuinfo",
      "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Fixture CPU @ 2.00GHz\nflags\t\t: fpu vme avx2\n\n"
      "processor\t: 1\nmodel name\t: Fixture CPU @ 2.00GHz\nflags\t\t: fpu vme avx2\n");
  root.write("proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\n");
  root.write("proc/sys/kernel/random/boot_id", "11111111-2222-4333-8444-555555555555\n");
  root.write("proc/sys/kernel/osrelease", "6.1.0-fixture\n");
  root.write("etc/os-release", "NAME=\"Fixture\"\nPRETTY_NAME=\"Fixture Linux 12 (test)\"\n");
  root.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  root.write("sys/class/dmi/id/sys_vendor", "Fixture Inc.\n");
  root.write("sys/class/dmi/id/product_name", "Bench 9000\n");
  write_cache(root, 0, "1", "Data", "48K");
  write_cache(root, 1, "1", "Instruction", "32K");
  write_cache(root, 2, "2", "Unified", "2048K");
  write_cache(root, 3, "3", "Unified", "30M");
}

TEST(HostInfoTest, ReadsAPc) {
  const TemporaryDirectory root;
  write_pc(root);
  const HostInfo host = read_host_info(root.path());
  EXPECT_EQ(host.device_model, "Fixture Inc. Bench 9000");
  EXPECT_THAT(host.device_unit, MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(host.boot_id, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(host.os, "Fixture Linux 12 (test)");
  EXPECT_EQ(host.kernel, "6.1.0-fixture");
  EXPECT_EQ(host.cpu_model, "Fixture CPU @ 2.00GHz");
  EXPECT_EQ(host.memory_bytes, 16384000LL * 1024);
  EXPECT_EQ(host.hypervisor, "");
  EXPECT_THAT(host.caches, ElementsAre("L1d 48 KiB", "L1i 32 KiB", "L2 2048 KiB", "L3 30 MiB"));
}

TEST(HostInfoTest, ReadsAnArm64Board) {
  const TemporaryDirectory root;
  std::string cpuinfo;
  for (int cpu = 0; cpu < 8; ++cpu) {
    cpuinfo += "processor\t: " + std::to_string(cpu) +
               "\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n" +
               "CPU architecture: 8\nCPU variant\t: 0x2\nCPU part\t: " + (cpu < 4 ? "0xd05" : "0xd0b") +
               "\nCPU revision\t: 0\n\n";
  }
  root.write("proc/cpuinfo", cpuinfo);
  root.write("proc/device-tree/model", std::string("Fixture Board 5\0", 16));
  root.write("proc/device-tree/serial-number", std::string("abcdef0123456789\0", 17));
  root.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  root.write("proc/sys/kernel/ostype", "Linux\n");
  const HostInfo host = read_host_info(root.path());
  EXPECT_EQ(host.cpu_model, "4x Cortex-A55 + 4x Cortex-A76");
  EXPECT_EQ(host.device_model, "Fixture Board 5");
  EXPECT_EQ(host.os, "Linux");
  EXPECT_EQ(host.hypervisor, "");
  EXPECT_THAT(host.caches, IsEmpty());
  EXPECT_EQ(host.memory_bytes, 0);

  // Boards flashed with one image are told apart by their serial numbers.
  root.write("proc/device-tree/serial-number", std::string("abcdef0123456780\0", 17));
  EXPECT_NE(read_host_info(root.path()).device_unit, host.device_unit);
}

TEST(HostInfoTest, NamesOnlyCoresItKnows) {
  EXPECT_EQ(arm_core_name(0x41, 0xd03), "Cortex-A53");
  EXPECT_EQ(arm_core_name(0x41, 0xfff), "implementer 0x41 part 0xfff");
  EXPECT_EQ(arm_core_name(0x51, 0xd03), "implementer 0x51 part 0xd03");
  EXPECT_EQ(arm_core_name(0, 0), "implementer 0x0 part 0x0");
}

TEST(HostInfoTest, TellsTheHypervisor) {
  const TemporaryDirectory root;
  write_pc(root);
  root.write("proc/cpuinfo", "model name : x\nflags : fpu hypervisor avx2\n");
  EXPECT_EQ(read_host_info(root.path()).hypervisor, "unknown");
  root.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
  EXPECT_EQ(read_host_info(root.path()).hypervisor, "qemu");
  root.write("sys/class/dmi/id/product_name", "KVM\n");
  EXPECT_EQ(read_host_info(root.path()).hypervisor, "kvm");
  root.write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  root.write("sys/class/dmi/id/product_name", "c7i.large\n");
  EXPECT_EQ(read_host_info(root.path()).hypervisor, "amazon-ec2");
  root.write("proc/cpuinfo", "model name : x\nflags : fpu avx2\n");
  EXPECT_EQ(read_host_info(root.path()).hypervisor, "") << "bare metal of the same vendor";
  root.write("sys/hypervisor/type", "xen\n");
  EXPECT_EQ(read_host_info(root.path()).hypervisor, "xen");
}

TEST(HostInfoTest, TheUnitIsStableAndHidesWhatItComesFrom) {
  const TemporaryDirectory root;
  write_pc(root);
  const std::string unit = read_host_info(root.path()).device_unit;
  EXPECT_EQ(read_host_info(root.path()).device_unit, unit);
  EXPECT_EQ(std::string("0123456789abcdef0123456789abcdef").find(unit), std::string::npos);
  EXPECT_NE(sha256_of_text("0123456789abcdef0123456789abcdef").substr(0, 16), unit);
  // Root sees more and must not become another device.
  root.write("sys/class/dmi/id/product_serial", "S3R1AL\n");
  EXPECT_EQ(read_host_info(root.path()).device_unit, unit);
}

TEST(HostInfoTest, PassesOverPlaceholders) {
  const TemporaryDirectory root;
  root.write("etc/machine-id", "uninitialized\n");
  root.write("sys/class/dmi/id/product_serial", "Default string\n");
  root.write("sys/class/dmi/id/product_uuid", "00000000-0000-0000-0000-000000000000\n");
  root.write("sys/class/dmi/id/product_name", "To Be Filled By O.E.M.\n");
  root.write("sys/class/dmi/id/board_vendor", "Fixture\n");
  root.write("sys/class/dmi/id/board_name", "Fixture B650\n");
  const HostInfo host = read_host_info(root.path());
  EXPECT_EQ(host.device_unit, "");
  EXPECT_EQ(host.device_model, "Fixture B650");
}

TEST(HostInfoTest, SurvivesEmptyAndHostileTrees) {
  const TemporaryDirectory root;
  EXPECT_EQ(to_json(read_host_info(root.path())), to_json(HostInfo{}));
  const std::string noise =
      "CPU part : 0xzz\nCPU implementer\t: \n:::\n\n: x\nCPU part\t: 0x\nmodel name\nMemTotal: -5 kB\n" +
      std::string(100000, ':') + std::string("\0\xff\n", 3);
  for (const char* name : {"proc/cpuinfo", "proc/meminfo", "etc/os-release", "etc/machine-id",
                           "sys/class/dmi/id/sys_vendor", "sys/devices/system/cpu/cpu0/cache/index0/level"}) {
    root.write(name, noise);
  }
  const HostInfo host = read_host_info(root.path());
  EXPECT_EQ(host.memory_bytes, 0);
  EXPECT_EQ(host.cpu_model, "");
}

TEST(HostInfoTest, FindsTheKernelWhereASandboxHidesIt) {
  const TemporaryDirectory root;
  root.write("proc/version", "Linux version 5.15.0-fixture (builder@fixture) #1 SMP\n");
  EXPECT_EQ(read_host_info(root.path()).kernel, "5.15.0-fixture");
  root.write("proc/version", "Linux\n");
  EXPECT_EQ(read_host_info(root.path()).kernel, "");
}

TEST(HostInfoTest, ReadsThisHost) {
  const HostInfo host = read_host_info();
  EXPECT_FALSE(host.kernel.empty());
  // /proc/sys answers otherwise than a file on a disk does.
  if (std::ifstream("/proc/sys/kernel/random/boot_id").good()) {
    EXPECT_THAT(host.boot_id, MatchesRegex("[0-9a-f-]{36}"));
  }
  EXPECT_GT(host.memory_bytes, 0);
}

TEST(BuildInfoTest, IsFilledIn) {
  const BuildInfo build = build_info();
  EXPECT_THAT(build.version, MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_FALSE(build.compiler.empty());
  EXPECT_THAT(build.target, MatchesRegex("[a-z0-9_]+-[a-z]+"));
  EXPECT_EQ(to_json(build).size(), 7U);
}

TEST(Sha256OfFileTest, IsThatOfItsBytes) {
  const TemporaryDirectory directory;
  const std::string text(200000, 'a');
  directory.write("a", text);
  EXPECT_EQ(sha256_of_file(directory.path("a")), sha256_of_text(text));
  directory.write("empty", "");
  EXPECT_EQ(sha256_of_file(directory.path("empty")), sha256_of_text(""));
  EXPECT_THROW(sha256_of_file(directory.path("missing")), Error);
  EXPECT_THROW(sha256_of_file(directory.path()), Error);
}

TEST(MakeUuidTest, IsARandomUuidOfVersion4) {
  std::set<std::string> uuids;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = make_uuid();
    EXPECT_THAT(uuid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    uuids.insert(uuid);
  }
  EXPECT_EQ(uuids.size(), 1000U);
}

}  // namespace
}  // namespace hetscope
