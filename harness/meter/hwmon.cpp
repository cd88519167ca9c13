// Powers and energies of the kernel's hardware monitors: cumulative energies (energyN_input: amd_energy, i915, xe,
// ina238, ...), powers (powerN_average, powerN_input: amdgpu, ina238, ACPI power meters, ...), and voltage times
// current of the INA3221 (Jetson boards), whose driver has no power file. Files and units: Linux Documentation/hwmon/
// sysfs-interface.rst and ina3221.rst.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/core/sysfs.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/discovery.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

constexpr double kMostPartW = 2000;
constexpr double kMostJetsonRailW = 500;
constexpr double kUnknownPeriodS = 0.1;  // where the driver has no update_interval
constexpr int kMostChannels = 64;

// A file with a whole number in a stated unit.
class HwmonFile {
 public:
  HwmonFile(std::string file, double unit) : file_(std::move(file)), unit_(unit) {}
  double read() const { return static_cast<double>(read_raw()) * unit_; }
  std::int64_t read_raw() const {
    const auto value = read_integer(file_);
    if (value) return *value;
    const std::string why = why_unreadable(file_);
    throw MeterFault("the sensor can no longer be read (" + (why.empty() ? "it is no number" : why) + ")", file_);
  }
  const std::string& file() const noexcept { return file_; }

 private:
  std::string file_;
  double unit_;
};

class CounterMeter final : public EnergyMeter {
 public:
  CounterMeter(MeterInfo info, HwmonFile counter, std::optional<HwmonFile> power, const Clock& clock)
      : info_(std::move(info)),
        counter_(std::move(counter)),
        power_(std::move(power)),
        energy_(info_, kMicro, std::nullopt, counter_.file()),
        check_(info_),
        clock_(clock) {}

  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    const std::int64_t count = counter_.read_raw();
    if (count < 0) throw MeterFault("mistrusted: a negative energy", counter_.file());
    const EnergyReading reading = energy_.step(clock_.now_ns(), static_cast<std::uint64_t>(count));
    if (power_) check_.compare(reading, power_->read());
    return reading;
  }

 private:
  MeterInfo info_;
  HwmonFile counter_;
  std::optional<HwmonFile> power_;
  CountedEnergy energy_;
  UnitCheck check_;
  const Clock& clock_;
};

class PowerMeter final : public EnergyMeter {
 public:
  // The power is the product of the gauges: watts, or volts and amperes.
  PowerMeter(MeterInfo info, std::vector<HwmonFile> factors, const Clock& clock)
      : info_(std::move(info)), factors_(std::move(factors)), energy_(info_, factors_.front().file()), clock_(clock) {}

  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    double power_w = 1;
    for (const HwmonFile& factor : factors_) power_w *= factor.read();
    return energy_.step(clock_.now_ns(), power_w);
  }

 private:
  MeterInfo info_;
  std::vector<HwmonFile> factors_;
  IntegratedPower energy_;
  const Clock& clock_;
};

// One hwmonN directory.
class Monitor {
 public:
  Monitor(fs::path path, const Clock& clock, MeterDiscovery& discovery)
      : path_(std::move(path)),
        chip_(read_first_line(file("name")).value_or("")),
        clock_(clock),
        discovery_(discovery) {}

  void add_meters() {
    if (chip_.empty()) return;
    for (int n = 0; n < kMostChannels; ++n) {
      if (chip_ == "ina3221") {
        add_voltage_times_current(n);
      } else if (exists(channel("energy", n, "_input"))) {
        add_counter(n);
      } else if (exists(channel("power", n, "_average"))) {
        add_power(n, "_average");
      } else if (exists(channel("power", n, "_input"))) {
        add_power(n, "_input");
      }
    }
  }

 private:
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  static std::string channel(const char* kind, int n, const char* what) { return kind + std::to_string(n) + what; }
  bool exists(const std::string& name) const {
    std::error_code error;
    return fs::exists(path_ / name, error);
  }
  std::string label(const char* kind, int n) const {
    return read_first_line(file(channel(kind, n, "_label"))).value_or("");
  }

  double period_s() const {
    const auto interval_ms = read_integer(file("update_interval"));
    return interval_ms && *interval_ms > 0 ? static_cast<double>(*interval_ms) * kMilli : kUnknownPeriodS;
  }

  MeterInfo info_of(const char* kind, int n, const std::string& text) const {
    static const std::set<std::string> kGpuDrivers = {"amdgpu", "i915", "xe", "nouveau"};
    MeterInfo info;
    info.name = "hwmon:" + chip_ + "/" + (text.empty() ? channel(kind, n, "") : text);
    info.scope = kGpuDrivers.contains(chip_) ? "gpu"
                 : chip_ == "power_meter"    ? "board"
                 : chip_ == "amd_energy"     ? (text.starts_with("Esocket") ? "package" : "core")
                                             : "rail:" + (text.empty() ? chip_ : text);
    info.update_period_s = period_s();
    info.most_w = kMostPartW;
    return info;
  }

  // false, with the reason told, when the file is there and cannot be read.
  bool is_readable(const HwmonFile& gauge) {
    const std::string why = why_unreadable(gauge.file());
    if (why.empty() && read_integer(gauge.file())) return true;
    discovery_.missing.push_back("hwmon: " + gauge.file() + ": " + (why.empty() ? "it is no number" : why));
    return false;
  }

  void add_counter(int n) {
    const HwmonFile counter(file(channel("energy", n, "_input")), kMicro);
    if (!is_readable(counter)) return;
    MeterInfo info = info_of("energy", n, label("energy", n));
    info.kind = EnergyKind::measured_counter;
    info.method = "energy counter of the " + chip_ + " driver";
    info.resolution_j = kMicro;
    info.always_draws = info.scope == "package";
    // The driver widens a 32-bit counter only while somebody reads it (i915: one wrap between reads, not two).
    constexpr double kOften = 10;
    info.read_every_s = kOften;
    std::optional<HwmonFile> power;
    for (const char* what : {"_average", "_input"}) {
      const HwmonFile candidate(file(channel("power", n, what)), kMicro);
      if (!power && read_integer(candidate.file())) power = candidate;
    }
    add(std::make_unique<CounterMeter>(unique(std::move(info)), counter, power, clock_));
  }

  void add_power(int n, const char* what) {
    const HwmonFile power(file(channel("power", n, what)), kMicro);
    if (!is_readable(power)) return;
    MeterInfo info = info_of("power", n, label("power", n));
    info.kind = EnergyKind::measured_power;
    info.method = "power of the " + chip_ + " driver, integrated";
    if (const auto average_ms = read_integer(file(channel("power", n, "_average_interval")));
        average_ms && *average_ms > 0) {
      info.update_period_s = static_cast<double>(*average_ms) * kMilli;
      info.method =
          "power of the " + chip_ + " driver, an average over " + std::to_string(*average_ms) + " ms, integrated";
    }
    info.read_every_s = info.update_period_s;
    info.resolution_j = kMicro * info.update_period_s;
    add(std::make_unique<PowerMeter>(unique(std::move(info)), std::vector{power}, clock_));
  }

  // Channels 1 to 3; what follows are shunt voltages, which are in the currents already.
  void add_voltage_times_current(int n) {
    constexpr int kChannels = 3;
    if (n < 1 || n > kChannels || read_integer(file(channel("in", n, "_enable"))) == 0) return;
    const HwmonFile voltage(file(channel("in", n, "_input")), kMilli);
    const HwmonFile current(file(channel("curr", n, "_input")), kMilli);
    if (!exists(channel("curr", n, "_input")) && !exists(channel("in", n, "_input"))) return;
    if (!is_readable(voltage) || !is_readable(current)) return;
    MeterInfo info = info_of("in", n, label("in", n));
    info.kind = EnergyKind::measured_power;
    info.method = "voltage times current of the INA3221, integrated";
    info.most_w = kMostJetsonRailW;
    info.read_every_s = info.update_period_s;
    info.resolution_j = std::abs(voltage.read()) * kMilli * info.update_period_s;
    add(std::make_unique<PowerMeter>(unique(std::move(info)), std::vector{voltage, current}, clock_));
  }

  // Two monitors of one kind and label are told apart by their directory.
  MeterInfo unique(MeterInfo info) const {
    for (const auto& other : discovery_.found) {
      if (other->info().name != info.name) continue;
      info.name += "@" + path_.filename().string();
      break;
    }
    return info;
  }

  void add(std::unique_ptr<EnergyMeter> meter) { discovery_.found.push_back(std::move(meter)); }

  fs::path path_;
  std::string chip_;
  const Clock& clock_;
  MeterDiscovery& discovery_;
};

}  // namespace

void discover_hwmon_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  const fs::path root = fs::path(roots.sysfs) / "class/hwmon";
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  const std::size_t found = discovery.found.size();
  const std::size_t missing = discovery.missing.size();
  for (const fs::path& path : paths) Monitor(path, clock_of(roots), discovery).add_meters();
  if (discovery.found.size() == found && discovery.missing.size() == missing) {
    discovery.missing.push_back("hwmon: no energy, power or INA3221 file below " + root.string());
  }
}

}  // namespace hetscope
