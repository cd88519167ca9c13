// RAPL through the kernel's perf "power" unit: the same counters as powercap, widened to 64 bits by the kernel and read
// with one system call, which is the cheapest way there is. Files: Linux Documentation/ABI/testing/
// sysfs-bus-event_source-devices-events (EVENT, EVENT.scale, EVENT.unit).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/core/cpu_list.hpp"
#include "harness/core/sysfs.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/discovery.hpp"
#include "harness/meter/perf_counter.hpp"
#include "harness/meter/sum_meter.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "energy-";

class PerfMeter final : public EnergyMeter {
 public:
  PerfMeter(MeterInfo info, std::unique_ptr<PerfCounter> counter, const Clock& clock)
      : info_(std::move(info)),
        counter_(std::move(counter)),
        energy_(info_, info_.resolution_j, std::nullopt, info_.name),
        clock_(clock) {}

  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    const auto count = counter_->read();
    if (!count) throw MeterFault("the perf counter can no longer be read", info_.name, "was its CPU taken offline?");
    return energy_.step(clock_.now_ns(), *count);
  }

 private:
  MeterInfo info_;
  std::unique_ptr<PerfCounter> counter_;
  CountedEnergy energy_;
  const Clock& clock_;
};

struct Event {
  std::string name;  // "energy-pkg"
  std::uint64_t config = 0;
  double scale = 0;
};

// "event=0x05"
std::optional<std::uint64_t> parse_config(const std::string& text) {
  constexpr std::string_view kKey = "event=0x";
  if (!text.starts_with(kKey)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data() + kKey.size(), text.data() + text.size(), value, 16);
  return code == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<Event> read_event(const fs::path& file, std::string& why) {
  const std::string path = file.string();
  const auto config = read_first_line(path);
  const auto scale = read_first_line(path + ".scale");
  const auto unit = read_first_line(path + ".unit");
  if (!config || !scale || !unit) {
    why = "its event, scale or unit cannot be read (" + why_unreadable(path + ".scale") + ")";
    return std::nullopt;
  }
  if (*unit != "Joules") {
    why = "its unit is '" + *unit + "', not Joules";
    return std::nullopt;
  }
  Event event;
  event.name = file.filename().string();
  char* end = nullptr;
  event.scale = std::strtod(scale->c_str(), &end);
  const auto number = parse_config(*config);
  if (!number || *end != '\0' || !std::isfinite(event.scale) || event.scale <= 0 || event.scale > 1) {
    why = "its event '" + *config + "' or its scale '" + *scale + "' makes no sense";
    return std::nullopt;
  }
  event.config = *number;
  return event;
}

// One CPU per package; none when it is no list.
std::vector<int> cpus_of(const std::optional<std::string>& mask) {
  if (!mask) return {};
  try {
    return parse_cpu_list(*mask);
  } catch (const Error&) {
    return {};
  }
}

MeterInfo info_of(const Event& event, int cpu, bool many) {
  static const std::map<std::string, std::string> kScopes = {{"pkg", "package"}, {"ram", "dram"}, {"cores", "cores"}};
  const std::string domain = event.name.substr(kPrefix.size());
  const std::string suffix = many ? "@cpu" + std::to_string(cpu) : "";
  const auto scope = kScopes.find(domain);
  MeterInfo info;
  info.name = "perf:" + domain + suffix;
  info.kind = EnergyKind::measured_counter;
  info.scope = scope == kScopes.end() ? domain : scope->second;
  info.method = "RAPL counter through perf";
  info.resolution_j = event.scale;
  info.update_period_s = 1e-3;
  info.most_w = kMostPackageW;
  if (domain == "cores" || domain == "gpu") info.part_of = "perf:pkg" + suffix;
  info.always_draws = domain == "pkg" || domain == "psys";
  return info;
}

}  // namespace

void discover_perf_power_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  const fs::path unit = fs::path(roots.sysfs) / "bus/event_source/devices/power";
  const auto type = read_integer((unit / "type").string());
  const auto mask = read_first_line((unit / "cpumask").string());
  const std::vector<int> cpus = cpus_of(mask);
  if (!type || *type < 0 || cpus.empty()) {
    discovery.missing.push_back("perf: " + unit.string() +
                                " is not there or not readable (no RAPL events; usual in a virtual machine)");
    return;
  }
  PerfCounterSource& source = roots.perf != nullptr ? *roots.perf : kernel_perf_counters();
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(unit / "events", error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.find('.') == std::string::npos) files.push_back(entry.path());
  }
  // The package first: it is what an energy-delay product is formed with.
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    const auto key = [](const fs::path& path) { return std::pair(path.filename() != "energy-pkg", path); };
    return key(a) < key(b);
  });
  if (files.empty()) discovery.missing.push_back("perf: " + unit.string() + " has no energy event");
  const auto first_found = static_cast<std::ptrdiff_t>(discovery.found.size());
  std::vector<std::unique_ptr<EnergyMeter>> packages;
  for (const fs::path& file : files) {
    std::string why;
    const auto event = read_event(file, why);
    if (!event) {
      discovery.missing.push_back("perf: " + file.filename().string() + ": " + why);
      continue;
    }
    for (const int cpu : cpus) {
      auto counter = source.open(static_cast<std::uint32_t>(*type), event->config, cpu, why);
      if (!counter) {
        discovery.missing.push_back("perf: " + file.filename().string() + ": " + why +
                                    "; it needs CAP_PERFMON, or kernel.perf_event_paranoid at 0 or below");
        break;
      }
      MeterInfo info = info_of(*event, cpu, cpus.size() > 1);
      if (cpus.size() > 1 && info.scope == "package") {
        std::string told_below;
        if (auto again = source.open(static_cast<std::uint32_t>(*type), event->config, cpu, told_below)) {
          packages.push_back(std::make_unique<PerfMeter>(info, std::move(again), clock_of(roots)));
        }
      }
      discovery.found.push_back(std::make_unique<PerfMeter>(std::move(info), std::move(counter), clock_of(roots)));
    }
  }
  if (packages.size() == cpus.size()) {
    discovery.found.insert(discovery.found.begin() + first_found,
                           std::make_unique<SumMeter>("perf:packages", "packages", std::move(packages)));
  }
}

}  // namespace hetscope
