// A phone's (or laptop's) battery gauge: voltage times current while it is being discharged, integrated. The coarsest
// meter there is; it sees the whole device and only when nothing charges it. Files: Linux Documentation/ABI/testing/
// sysfs-class-power.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/core/sysfs.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/battery_gauge.hpp"
#include "harness/meter/command_text.hpp"
#include "harness/meter/discovery.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

constexpr double kBatteryPeriodS = 1;
constexpr double kMostBatteryW = 200;
constexpr int kLearningSamples = 5;
constexpr std::int64_t kLearningStepNs = 500'000'000;
constexpr const char* kUnplug =
    "unplug the charger; over USB use wireless adb, or a hub that can cut the port's power, and run again";

void keep_every_cpu_busy(std::int64_t duration_ns) {
  const MonotonicClock clock;
  const std::int64_t end_ns = clock.now_ns() + duration_ns;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&clock, end_ns] {
      while (clock.now_ns() < end_ns) {
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// One directory of class/power_supply.
class Gauge {
 public:
  explicit Gauge(fs::path path) : path_(std::move(path)) {}

  // "" while the battery, and nothing else, feeds the device.
  std::string not_discharging() const {
    const std::string status = text("status");
    if (status == "Discharging") return "";
    return status.empty() ? "its status cannot be read" : "its status is '" + status + "'";
  }
  double current() const { return number("current_now"); }
  double voltage_v() const {
    const double raw = number("voltage_now");
    for (const double unit : {1e-6, 1e-3}) {
      constexpr double kLeastV = 2.5;
      constexpr double kMostV = 100;
      if (raw * unit >= kLeastV && raw * unit <= kMostV) return raw * unit;
    }
    throw MeterFault("mistrusted: no unit makes a battery's voltage of " + std::to_string(raw), path_.string());
  }
  std::string text(const char* file) const { return read_first_line((path_ / file).string()).value_or(""); }
  std::string file(const char* name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  double number(const char* name) const {
    const auto value = read_integer(file(name));
    if (value) return static_cast<double>(*value);
    const std::string why = why_unreadable(file(name));
    throw MeterFault("the battery gauge can no longer be read (" + (why.empty() ? "it is no number" : why) + ")",
                     file(name));
  }

  fs::path path_;
};

class BatteryMeter final : public EnergyMeter {
 public:
  BatteryMeter(MeterInfo info, Gauge gauge, std::optional<double> quirk, std::function<void(std::int64_t)> busy,
               const Clock& clock)
      : info_(std::move(info)),
        gauge_(std::move(gauge)),
        quirk_(quirk),
        busy_(std::move(busy)),
        energy_(info_, gauge_.path()),
        clock_(clock) {}

  const MeterInfo& info() const noexcept override { return info_; }

  EnergyReading read() override {
    if (const std::string why = gauge_.not_discharging(); !why.empty()) {
      throw MeterFault("the battery gauge does not show what the device uses: " + why, gauge_.path(), kUnplug);
    }
    if (!meaning_) learn();
    const double current_a = gauge_.current() * meaning_->ampere_per_count * meaning_->sign;
    return energy_.step(clock_.now_ns(), current_a * gauge_.voltage_v());
  }

 private:
  void learn() {
    std::vector<double> idle;
    std::vector<double> busy;
    for (int i = 0; i < kLearningSamples; ++i) {
      clock_.sleep_ns(kLearningStepNs);
      idle.push_back(gauge_.current());
    }
    for (int i = 0; i < kLearningSamples; ++i) {
      busy_(kLearningStepNs);
      busy.push_back(gauge_.current());
    }
    std::string why;
    std::optional<GaugeMeaning> meaning = learn_gauge(idle, busy, why);
    if (!meaning) throw MeterFault("unit and sign of the battery gauge cannot be told: " + why, gauge_.path());
    if (quirk_) meaning->ampere_per_count = *quirk_;
    meaning_ = meaning;
  }

  MeterInfo info_;
  Gauge gauge_;
  std::optional<double> quirk_;
  std::function<void(std::int64_t)> busy_;
  IntegratedPower energy_;
  const Clock& clock_;
  std::optional<GaugeMeaning> meaning_;
};

std::string device_model(const MeterRoots& roots) {
  CommandText& commands = roots.commands != nullptr ? *roots.commands : system_commands();
  const std::array<std::string, 2> getprop = {"getprop", "ro.product.model"};
  std::string why;
  std::string model = commands.run(getprop, why).value_or("");
  model.erase(std::find(model.begin(), model.end(), '\n'), model.end());
  return model;
}

}  // namespace

void discover_battery_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  const fs::path root = fs::path(roots.sysfs) / "class/power_supply";
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  bool has_battery = false;
  for (const fs::path& path : paths) {
    const Gauge gauge(path);
    // A mouse's battery is of scope "Device".
    if (gauge.text("type") != "Battery" || gauge.text("scope") == "Device") continue;
    has_battery = true;
    MeterInfo info;
    info.name = "battery:" + path.filename().string();
    if (!read_integer(gauge.file("current_now")) || !read_integer(gauge.file("voltage_now"))) {
      const std::string why = why_unreadable(gauge.file("current_now"));
      discovery.missing.push_back(info.name + ": current_now or voltage_now is no number" +
                                  (why.empty() ? "" : " (" + why + ")"));
      continue;
    }
    if (const std::string why = gauge.not_discharging(); !why.empty()) {
      discovery.missing.push_back(info.name + ": not while it is charging (" + why + "): " + kUnplug);
      continue;
    }
    info.kind = EnergyKind::measured_power;
    info.scope = "battery";
    info.method = "battery voltage times current, integrated";
    info.update_period_s = kBatteryPeriodS;
    info.read_every_s = kBatteryPeriodS;
    info.most_w = kMostBatteryW;
    info.always_draws = true;
    auto busy = roots.busy ? roots.busy : keep_every_cpu_busy;
    discovery.found.push_back(std::make_unique<BatteryMeter>(
        std::move(info), gauge, quirk_ampere_per_count(device_model(roots)), std::move(busy), clock_of(roots)));
  }
  if (!has_battery) discovery.missing.push_back("battery: none below " + root.string());
}

}  // namespace hetscope
