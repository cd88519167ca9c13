// Intel and AMD RAPL through the kernel's powercap tree: one meter per domain, package and its subdomains apart,
// because a package's counter already holds its cores. Files and wrap rule: Linux
// Documentation/power/powercap/powercap.rst.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/meter/discovery.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<std::uint64_t> whole_number(const fs::path& path) {
  const auto line = first_line(path);
  if (!line) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), value);
  if (error != std::errc() || end != line->data() + line->size()) return std::nullopt;
  return value;
}

class RaplMeter final : public EnergyMeter {
 public:
  RaplMeter(MeterInfo info, fs::path domain, std::uint64_t range_uj, std::uint64_t now_uj)
      : info_(std::move(info)), domain_(std::move(domain)), range_uj_(range_uj), last_uj_(now_uj) {}

  const MeterInfo& info() const noexcept override { return info_; }

  EnergyReading read() override {
    const auto now_uj = whole_number(domain_ / "energy_uj");
    if (!now_uj) {
      throw Error("the counter can no longer be read", (domain_ / "energy_uj").string(),
                  "check that the powercap driver is still loaded");
    }
    if (*now_uj > range_uj_) {
      throw Error(
          "the counter shows " + std::to_string(*now_uj) + " uJ, above its own range of " + std::to_string(range_uj_),
          (domain_ / "energy_uj").string());
    }
    const std::uint64_t step_uj = *now_uj >= last_uj_ ? *now_uj - last_uj_ : *now_uj + (range_uj_ - last_uj_);
    last_uj_ = *now_uj;
    total_uj_ += step_uj;
    return {clock_.now_ns(), static_cast<double>(total_uj_) * 1e-6};
  }

 private:
  MeterInfo info_;
  fs::path domain_;
  std::uint64_t range_uj_;
  std::uint64_t last_uj_;
  std::uint64_t total_uj_ = 0;
  MonotonicClock clock_;
};

// Looks at one domain directory ("intel-rapl:0" or "intel-rapl:0:1").
void add_domain(const fs::path& domain, MeterDiscovery& discovery) {
  const std::string where = "rapl: " + domain.string() + ": ";
  const auto name = first_line(domain / "name");
  const auto range_uj = whole_number(domain / "max_energy_range_uj");
  if (!name || !range_uj || *range_uj == 0) {
    discovery.missing.push_back(where + "no name or no counter range");
    return;
  }
  const auto now_uj = whole_number(domain / "energy_uj");
  if (!now_uj) {
    discovery.missing.push_back(where +
                                "energy_uj cannot be read; it is readable by root only since Linux 5.10: run as "
                                "root, or chmod a+r " +
                                (domain / "energy_uj").string());
    return;
  }
  MeterInfo info;
  // The directory's number keeps two packages' "dram" apart.
  const std::string id = domain.filename().string();
  info.name = "rapl:" + *name + (std::count(id.begin(), id.end(), ':') > 1 ? "@" + id.substr(id.find(':') + 1) : "");
  info.kind = EnergyKind::measured_counter;
  info.scope = *name;
  info.resolution_j = 1e-6;
  info.update_period_s = 1e-3;
  info.wrap_j = static_cast<double>(*range_uj) * 1e-6;
  discovery.found.push_back(std::make_unique<RaplMeter>(std::move(info), domain, *range_uj, *now_uj));
}

}  // namespace

void discover_rapl_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  const fs::path root = fs::path(roots.sysfs) / "class" / "powercap";
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    discovery.missing.push_back("rapl: " + root.string() +
                                " is not there (no powercap driver; usual in a virtual machine)");
    return;
  }
  std::vector<fs::path> domains;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("intel-rapl", 0) == 0 && name.find(':') != std::string::npos) domains.push_back(entry.path());
  }
  std::sort(domains.begin(), domains.end());
  if (domains.empty()) discovery.missing.push_back("rapl: " + root.string() + " holds no intel-rapl domain");
  for (const fs::path& domain : domains) add_domain(domain, discovery);
}

}  // namespace hetscope
