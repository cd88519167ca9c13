// Intel and AMD RAPL through the kernel's powercap tree: one meter per domain, package and its subdomains apart,
// because a package's counter already holds its cores; with several packages also their sum. Files and wrap rule: Linux
// Documentation/power/powercap/powercap.rst.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/core/sysfs.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/discovery.hpp"
#include "harness/meter/sum_meter.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

class RaplMeter final : public EnergyMeter {
 public:
  RaplMeter(MeterInfo info, std::string file, std::uint64_t range_uj, const Clock& clock)
      : info_(std::move(info)), file_(std::move(file)), energy_(info_, kMicro, range_uj, file_), clock_(clock) {}

  const MeterInfo& info() const noexcept override { return info_; }

  EnergyReading read() override {
    const auto now_uj = read_integer(file_);
    if (!now_uj || *now_uj < 0) {
      const std::string why = why_unreadable(file_);
      throw MeterFault("the counter can no longer be read (" + (why.empty() ? "it is no number" : why) + ")", file_,
                       "check that the powercap driver is still loaded");
    }
    return energy_.step(clock_.now_ns(), static_cast<std::uint64_t>(*now_uj));
  }

 private:
  MeterInfo info_;
  std::string file_;
  CountedEnergy energy_;
  const Clock& clock_;
};

struct Domain {
  std::string id;      // "intel-rapl:0:1"
  std::string parent;  // "intel-rapl:0"; "" for a domain of its own
  std::string name;    // "package-0"
  std::unique_ptr<EnergyMeter> meter;
};

std::string parent_of(const std::string& id) {
  return std::count(id.begin(), id.end(), ':') > 1 ? id.substr(0, id.rfind(':')) : std::string();
}

// Looks at one domain directory ("intel-rapl:0" or "intel-rapl:0:1").
std::optional<Domain> open_domain(const fs::path& path, const std::map<std::string, std::string>& meter_names,
                                  const Clock& clock, MeterDiscovery& discovery) {
  const std::string where = "rapl: " + path.string() + ": ";
  const std::string file = (path / "energy_uj").string();
  const auto name = read_first_line((path / "name").string());
  const auto range_uj = read_integer((path / "max_energy_range_uj").string());
  if (!name || !range_uj || *range_uj <= 0) {
    discovery.missing.push_back(where + "no name or no counter range");
    return std::nullopt;
  }
  if (const std::string why = why_unreadable(file); !why.empty() || !read_integer(file)) {
    discovery.missing.push_back(where + "energy_uj cannot be read (" + (why.empty() ? "it is no number" : why) +
                                "); it is readable by root only since Linux 5.10: run as root, or chmod a+r " + file);
    return std::nullopt;
  }
  Domain domain;
  domain.id = path.filename().string();
  domain.parent = parent_of(domain.id);
  domain.name = *name;
  MeterInfo info;
  // The directory's number keeps two packages' "dram" apart.
  info.name = "rapl:" + *name + (domain.parent.empty() ? "" : "@" + domain.id.substr(domain.id.find(':') + 1));
  info.kind = EnergyKind::measured_counter;
  info.scope = *name;
  info.method = "RAPL counter through powercap";
  info.resolution_j = kMicro;
  info.update_period_s = 1e-3;
  info.wrap_j = static_cast<double>(*range_uj) * kMicro;
  info.most_w = kMostPackageW;
  info.read_every_s = *info.wrap_j / (4 * kMostPackageW);
  info.always_draws = domain.parent.empty();
  if (const auto parent = meter_names.find(domain.parent); parent != meter_names.end()) info.part_of = parent->second;
  domain.meter = std::make_unique<RaplMeter>(std::move(info), file, static_cast<std::uint64_t>(*range_uj), clock);
  return domain;
}

// Intel's client processors show their package twice, through registers ("intel-rapl:0") and through memory
// ("intel-rapl-mmio:0"): of two domains of one name there is one. Registers first, because the order is a preference.
std::vector<fs::path> domains_in(const fs::path& root) {
  std::vector<fs::path> paths, through_memory;
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const std::string id = entry.path().filename().string();
    if (id.starts_with("intel-rapl:")) {
      paths.push_back(entry.path());
      names.insert(read_first_line((entry.path() / "name").string()).value_or(""));
    } else if (id.starts_with("intel-rapl-mmio:")) {
      through_memory.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::sort(through_memory.begin(), through_memory.end());
  for (const fs::path& path : through_memory) {
    if (names.count(read_first_line((path / "name").string()).value_or("")) == 0) paths.push_back(path);
  }
  return paths;
}

bool is_package(const Domain& domain) { return domain.parent.empty() && domain.name.starts_with("package"); }

// The platform's domain ("psys") holds the packages and is never added to them.
void add_sum_of_packages(const std::vector<fs::path>& paths, const Clock& clock, MeterDiscovery& discovery) {
  std::vector<std::unique_ptr<EnergyMeter>> packages;
  MeterDiscovery told_already;
  for (const fs::path& path : paths) {
    if (!parent_of(path.filename().string()).empty()) continue;
    auto domain = open_domain(path, {}, clock, told_already);
    if (!domain) return;  // a sum with a hole is no sum
    if (is_package(*domain)) packages.push_back(std::move(domain->meter));
  }
  if (packages.size() < 2) return;
  discovery.found.push_back(std::make_unique<SumMeter>("rapl:packages", "packages", std::move(packages)));
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
  const std::vector<fs::path> paths = domains_in(root);
  if (paths.empty()) discovery.missing.push_back("rapl: " + root.string() + " holds no intel-rapl domain");
  add_sum_of_packages(paths, clock_of(roots), discovery);
  std::map<std::string, std::string> meter_names;
  for (const fs::path& path : paths) {
    auto domain = open_domain(path, meter_names, clock_of(roots), discovery);
    if (!domain) continue;
    meter_names[domain->id] = domain->meter->info().name;
    discovery.found.push_back(std::move(domain->meter));
  }
}

}  // namespace hetscope
