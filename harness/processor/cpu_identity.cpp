// Reads /sys/devices/system/cpu/cpuN/{cache,topology} and /proc/cpuinfo.
#include "harness/processor/cpu_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/sysfs.hpp"
#include "harness/core/units.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

// MIDR part numbers of the cores found in phones, boards and servers, from the Technical Reference Manuals; others
// print as numbers.
struct ArmPart {
  unsigned implementer;
  unsigned part;
  std::string_view name;
};
constexpr ArmPart kArmParts[] = {
    {0x41, 0xd03, "Cortex-A53"},      {0x41, 0xd04, "Cortex-A35"},      {0x41, 0xd05, "Cortex-A55"},
    {0x41, 0xd07, "Cortex-A57"},      {0x41, 0xd08, "Cortex-A72"},      {0x41, 0xd09, "Cortex-A73"},
    {0x41, 0xd0a, "Cortex-A75"},      {0x41, 0xd0b, "Cortex-A76"},      {0x41, 0xd0c, "Neoverse-N1"},
    {0x41, 0xd0d, "Cortex-A77"},      {0x41, 0xd40, "Neoverse-V1"},     {0x41, 0xd41, "Cortex-A78"},
    {0x41, 0xd44, "Cortex-X1"},       {0x41, 0xd46, "Cortex-A510"},     {0x41, 0xd47, "Cortex-A710"},
    {0x41, 0xd48, "Cortex-X2"},       {0x41, 0xd49, "Neoverse-N2"},     {0x41, 0xd4b, "Cortex-A78C"},
    {0x41, 0xd4d, "Cortex-A715"},     {0x41, 0xd4e, "Cortex-X3"},       {0x41, 0xd4f, "Neoverse-V2"},
    {0x41, 0xd80, "Cortex-A520"},     {0x41, 0xd81, "Cortex-A720"},     {0x41, 0xd82, "Cortex-X4"},
    {0x41, 0xd85, "Cortex-X925"},     {0x41, 0xd87, "Cortex-A725"},     {0x51, 0x800, "Kryo 2xx Gold"},
    {0x51, 0x801, "Kryo 2xx Silver"}, {0x51, 0x802, "Kryo 3xx Gold"},   {0x51, 0x803, "Kryo 3xx Silver"},
    {0x51, 0x804, "Kryo 4xx Gold"},   {0x51, 0x805, "Kryo 4xx Silver"}, {0x51, 0x001, "Oryon"},
};

std::string arm_core_name(unsigned implementer, unsigned part) {
  for (const ArmPart& known : kArmParts) {
    if (known.implementer == implementer && known.part == part) return std::string(known.name);
  }
  return fmt::format("implementer 0x{:02x} part 0x{:03x}", implementer, part);
}

// One "processor" paragraph of /proc/cpuinfo.
struct Paragraph {
  int cpu = -1;
  std::string model_name;
  std::string implementer;
  std::string part;

  std::string name() const {
    if (!model_name.empty() && part.empty()) return model_name;
    if (part.empty()) return "";
    const auto number = [](const std::string& text) {
      return static_cast<unsigned>(std::strtoul(text.c_str(), nullptr, 0));
    };
    return arm_core_name(number(implementer), number(part));
  }
};

std::vector<Paragraph> read_cpuinfo(const std::string& path) {
  constexpr int kMaxLines = 1 << 20;
  std::vector<Paragraph> paragraphs;
  std::ifstream file(path);
  std::string line;
  for (int n = 0; n < kMaxLines && std::getline(file, line); ++n) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key = line.substr(0, line.find_last_not_of(" \t", colon - (colon > 0 ? 1 : 0)) + 1);
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    const std::string value = begin == std::string::npos ? "" : line.substr(begin);
    if (key == "processor") {
      paragraphs.emplace_back();
      paragraphs.back().cpu = static_cast<int>(std::strtol(value.c_str(), nullptr, 10));
    } else if (!paragraphs.empty()) {
      if (key == "model name") paragraphs.back().model_name = value;
      if (key == "CPU implementer") paragraphs.back().implementer = value;
      if (key == "CPU part") paragraphs.back().part = value;
    }
  }
  return paragraphs;
}

// "96K", "2M" in bytes.
std::optional<std::int64_t> parse_cache_size(const std::string& text) {
  char* end = nullptr;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (end == text.c_str() || number <= 0 || number > (1LL << 40)) return std::nullopt;
  switch (*end) {
    case '\0':
      return number;
    case 'K':
      return number << 10;
    case 'M':
      return number << 20;
    default:
      return std::nullopt;
  }
}

std::optional<CpuCache> read_cache(const std::string& directory, int cpu) {
  const auto level = read_integer(directory + "/level");
  const auto type = read_first_line(directory + "/type");
  const auto size = read_first_line(directory + "/size");
  if (!level || *level < 1 || *level > 9 || !type || !size || *type == "Instruction") return std::nullopt;
  const auto bytes = parse_cache_size(*size);
  if (!bytes) return std::nullopt;
  CpuCache cache{static_cast<int>(*level), *type, *bytes, {cpu}};
  try {
    cache.cpus = parse_cpu_list(read_first_line(directory + "/shared_cpu_list").value_or(""));
  } catch (const Error&) {
    // Some kernels leave the list out: the cache counts as this CPU's own.
  }
  return cache;
}

}  // namespace

std::vector<CpuCache> read_cpu_caches(const std::string& sysfs_root, const std::vector<int>& cpus) {
  constexpr int kMaxCachesPerCpu = 16;
  std::map<std::pair<int, std::vector<int>>, CpuCache> caches;
  for (int cpu : cpus) {
    for (int index = 0; index < kMaxCachesPerCpu; ++index) {
      auto cache = read_cache(fmt::format("{}/devices/system/cpu/cpu{}/cache/index{}", sysfs_root, cpu, index), cpu);
      if (cache) caches.emplace(std::make_pair(cache->level, cache->cpus), *cache);
    }
  }
  std::vector<CpuCache> result;
  for (auto& [key, cache] : caches) result.push_back(std::move(cache));
  return result;
}

std::string describe_caches(const std::vector<CpuCache>& caches) {
  std::map<std::pair<int, std::int64_t>, int> counts;
  for (const CpuCache& cache : caches) ++counts[{cache.level, cache.bytes}];
  std::string text;
  for (const auto& [kind, count] : counts) {
    if (!text.empty()) text += ", ";
    text += fmt::format("L{} {}", kind.first, format_bytes(static_cast<double>(kind.second)));
    if (count > 1) text += fmt::format(" x{}", count);
  }
  return text.empty() ? "not told" : text;
}

std::string read_cpu_model(const std::string& procfs_root, const std::vector<int>& cpus) {
  std::vector<std::string> names;
  for (const Paragraph& paragraph : read_cpuinfo(procfs_root + "/cpuinfo")) {
    if (std::find(cpus.begin(), cpus.end(), paragraph.cpu) == cpus.end()) continue;
    const std::string name = paragraph.name();
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names.empty() ? "unknown" : fmt::format("{}", fmt::join(names, " + "));
}

std::vector<int> secondary_threads(const std::string& sysfs_root, const std::vector<int>& cpus) {
  std::vector<int> secondary;
  for (int cpu : cpus) {
    const auto siblings =
        read_first_line(fmt::format("{}/devices/system/cpu/cpu{}/topology/thread_siblings_list", sysfs_root, cpu));
    try {
      if (siblings && parse_cpu_list(*siblings).front() != cpu) secondary.push_back(cpu);
    } catch (const Error&) {
      continue;  // an unreadable list: the CPU counts as a core of its own
    }
  }
  return secondary;
}

}  // namespace hetscope
