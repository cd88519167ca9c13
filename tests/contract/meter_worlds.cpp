// The fake worlds, a class each.
#include "tests/contract/meter_worlds.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "harness/core/dynamic_library.hpp"
#include "harness/meter/command_text.hpp"
#include "harness/meter/nvml_api.hpp"
#include "harness/meter/perf_counter.hpp"
#include "tests/contract/fake_nvml.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

std::string whole(double value) { return std::to_string(static_cast<std::int64_t>(std::llround(value))); }

// A world of files.
class FileWorld : public MeterWorld {
 public:
  MeterRoots roots() override {
    MeterRoots roots;
    roots.sysfs = tree.path();
    roots.clock = &clock;
    roots.nvml_libraries = {"libhetscope-there-is-no-such-library.so"};
    roots.external = tree.path("no-stream");
    return roots;
  }
  void vanish() override { fs::remove_all(tree.path(folder())); }

 protected:
  virtual std::string folder() const = 0;
  void put(const std::string& file, const std::string& text) { tree.write(folder() + "/" + file, text + "\n"); }
};

class RaplWorld final : public FileWorld {
 public:
  RaplWorld() {
    put("name", "package-0");
    put("max_energy_range_uj", whole(kRangeUj));
  }
  std::string line() const override { return "rapl"; }
  std::string meter() const override { return "rapl:package-0"; }
  // Begins 500 J below its end.
  void show(double energy_j, double) override {
    put("energy_uj", whole(std::fmod(kRangeUj - 500e6 + energy_j * 1e6, kRangeUj)));
  }
  void run_backwards() override { put("energy_uj", whole(kRangeUj / 2)); }

 private:
  static constexpr double kRangeUj = 262143328850;
  std::string folder() const override { return "class/powercap/intel-rapl:0"; }
};

class PerfWorld final : public FileWorld, private PerfCounterSource {
 public:
  PerfWorld() {
    put("type", "9");
    put("cpumask", "0");
    put("events/energy-pkg", "event=0x02");
    put("events/energy-pkg.scale", "2.3283064365386962890625e-10");
    put("events/energy-pkg.unit", "Joules");
  }
  std::string line() const override { return "perf_power"; }
  std::string meter() const override { return "perf:pkg"; }
  MeterRoots roots() override {
    MeterRoots roots = FileWorld::roots();
    roots.perf = this;
    return roots;
  }
  void show(double energy_j, double) override { count_ = static_cast<std::uint64_t>(energy_j * 4294967296.0); }
  void run_backwards() override { count_ = 0; }
  bool refuse() override {
    is_refused_ = true;
    return true;
  }
  void vanish() override { is_gone_ = true; }

 private:
  class Counter final : public PerfCounter {
   public:
    explicit Counter(const PerfWorld& world) : world_(world) {}
    std::optional<std::uint64_t> read() override {
      return world_.is_gone_ ? std::nullopt : std::optional(world_.count_);
    }

   private:
    const PerfWorld& world_;
  };
  std::unique_ptr<PerfCounter> open(std::uint32_t type, std::uint64_t config, int cpu, std::string& why) override {
    why = "Permission denied";
    if (is_refused_ || type != 9 || config != 2 || cpu != 0) return nullptr;
    return std::make_unique<Counter>(*this);
  }
  std::string folder() const override { return "bus/event_source/devices/power"; }

  std::uint64_t count_ = 0;
  bool is_refused_ = false;
  bool is_gone_ = false;
};

class NvmlWorld : public FileWorld {
 public:
  NvmlWorld() {
    const std::vector<std::string> paths = {HETSCOPE_FAKE_NVML};
    library_ = DynamicLibrary::open_first(paths);
    state_ = static_cast<FakeNvmlState*>(library_.symbol("fake_nvml_state"));
    *state_ = {};
  }
  std::string line() const override { return "nvml"; }
  std::string meter() const override { return "nvml:0"; }
  MeterRoots roots() override {
    MeterRoots roots = FileWorld::roots();
    roots.nvml_libraries = {HETSCOPE_FAKE_NVML};
    return roots;
  }
  void show(double energy_j, double power_w) override {
    state_->energy_mj = static_cast<unsigned long long>(energy_j * 1e3);
    state_->power_mw = static_cast<unsigned>(std::min(power_w * 1e3, 4e9));
  }
  void run_backwards() override { state_->energy_mj = 0; }
  bool refuse() override {
    state_->energy_result = nvml::kNoPermission;
    state_->power_result = nvml::kNoPermission;
    return true;
  }
  void vanish() override {
    constexpr int kGpuIsLost = 15;
    state_->energy_result = kGpuIsLost;
    state_->power_result = kGpuIsLost;
  }

 protected:
  std::string folder() const override { return "none"; }
  FakeNvmlState* state_ = nullptr;

 private:
  DynamicLibrary library_;
};

class NvmlPowerWorld : public NvmlWorld {
 public:
  NvmlPowerWorld() { state_->energy_result = nvml::kNotSupported; }
  std::string meter() const override { return "nvml:0/power"; }
  void run_backwards() override { state_->power_mw = 4'000'000'000; }  // an unsigned field cannot be negative
};

class NvmlInstantWorld final : public NvmlPowerWorld {
 public:
  NvmlInstantWorld() { state_->has_instant = true; }
};

class HwmonEnergyWorld final : public FileWorld {
 public:
  HwmonEnergyWorld() {
    put("name", "ina238");
    put("energy1_label", "VIN");
  }
  std::string line() const override { return "hwmon"; }
  std::string meter() const override { return "hwmon:ina238/VIN"; }
  void show(double energy_j, double power_w) override {
    put("energy1_input", whole(1e9 + energy_j * 1e6));
    put("power1_input", whole(power_w * 1e6));
  }
  void run_backwards() override { put("energy1_input", "1000"); }

 private:
  std::string folder() const override { return "class/hwmon/hwmon2"; }
};

class HwmonPowerWorld final : public FileWorld {
 public:
  HwmonPowerWorld() { put("name", "amdgpu"); }
  std::string line() const override { return "hwmon"; }
  std::string meter() const override { return "hwmon:amdgpu/power1"; }
  void show(double, double power_w) override { put("power1_average", whole(power_w * 1e6)); }
  void run_backwards() override { put("power1_average", "-5000000"); }

 private:
  std::string folder() const override { return "class/hwmon/hwmon0"; }
};

class Ina3221World final : public FileWorld {
 public:
  Ina3221World() {
    put("name", "ina3221");
    put("in1_label", "VDD_GPU_SOC");
    put("update_interval", "20");
    put("in7_label", "sum of shunt voltages");
    put("in7_input", "12");
  }
  std::string line() const override { return "hwmon"; }
  std::string meter() const override { return "hwmon:ina3221/VDD_GPU_SOC"; }
  // 5 V and a little less under load.
  void show(double, double power_w) override {
    const double voltage_mv = std::round(5000 - power_w);
    put("in1_input", whole(voltage_mv));
    put("curr1_input", whole(power_w / voltage_mv * 1e6));
  }
  void run_backwards() override { put("curr1_input", "-900"); }

 private:
  std::string folder() const override { return "class/hwmon/hwmon4"; }
};

class OdpmWorld final : public FileWorld {
 public:
  OdpmWorld() { put("name", "s2mpg10-odpm"); }
  std::string line() const override { return "odpm"; }
  std::string meter() const override { return "odpm:S3M_VDD_CPUCL1"; }
  void show(double energy_j, double) override { show_count(whole(7e6 + energy_j * 1e6)); }
  void run_backwards() override { show_count("6"); }

 private:
  void show_count(const std::string& count) {
    put("energy_value", "t=4711\nCH0(T=4711)[S10M_VDD_TPU], 60921034\nCH2(T=4711)[S3M_VDD_CPUCL1], " + count);
  }
  std::string folder() const override { return "bus/iio/devices/iio:device1"; }
};

class PowerStatsWorld final : public FileWorld, private CommandText {
 public:
  std::string line() const override { return "power_stats"; }
  std::string meter() const override { return "power_stats:[S2M_VDD_CPUCL2]:CPU(BIG)"; }
  MeterRoots roots() override {
    MeterRoots roots = FileWorld::roots();
    roots.commands = this;
    return roots;
  }
  void show(double energy_j, double) override { energy_mws_ = 1e3 + energy_j * 1e3; }
  void run_backwards() override { energy_mws_ = 0.5; }
  bool refuse() override {
    vanish();
    return true;
  }
  void vanish() override { is_gone_ = true; }

 private:
  std::optional<std::string> run(std::span<const std::string> argv, std::string& why) override {
    why = "dumpsys failed";
    if (is_gone_ || argv[0] != "dumpsys") return std::nullopt;
    char number[64];
    std::snprintf(number, sizeof number, "%14.2f mWs", energy_mws_);
    return "\n============= PowerStats HAL 2.0 energy consumers ==============\n"
           "                             GPU              99.00 mWs\n"
           "========== End of PowerStats HAL 2.0 energy consumers ==========\n"
           "\n============= PowerStats HAL 2.0 energy meter ==============\n"
           "                           Channel   Cumulative Energy\n"
           "        [S2M_VDD_CPUCL2]:CPU(BIG)   " +
           std::string(number) +
           "\n              [S10M_VDD_TPU]:TPU           1234.56 mWs\n"
           "========== End of PowerStats HAL 2.0 energy meter ==========\n";
  }
  std::string folder() const override { return "none"; }

  double energy_mws_ = 0;
  bool is_gone_ = false;
};

class BatteryWorld final : public FileWorld {
 public:
  BatteryWorld() {
    put("type", "Battery");
    put("status", "Discharging");
    put("voltage_now", "8000000");
  }
  std::string line() const override { return "battery"; }
  std::string meter() const override { return "battery:battery"; }
  MeterRoots roots() override {
    MeterRoots roots = FileWorld::roots();
    // Load doubles what the gauge shows; then the device rests again.
    roots.busy = [this](std::int64_t duration_ns) {
      clock.sleep_ns(duration_ns);
      put("current_now", whole(-2 * power_w_ / 8 * 1e6));
    };
    return roots;
  }
  // Negative while it is being discharged.
  void show(double, double power_w) override {
    power_w_ = power_w;
    put("current_now", whole(-power_w / 8 * 1e6));
  }
  void run_backwards() override { put("current_now", "1500000"); }

 private:
  std::string folder() const override { return "class/power_supply/battery"; }
  double power_w_ = 0;
};

class ExternalWorld final : public FileWorld {
 public:
  ExternalWorld() { put("samples", "# a logger's file"); }
  std::string line() const override { return "external"; }
  std::string meter() const override { return "external:samples"; }
  MeterRoots roots() override {
    MeterRoots roots = FileWorld::roots();
    roots.external = tree.path(folder() + "/samples");
    return roots;
  }
  // The logger's clock began at another time.
  void show(double, double power_w) override {
    append(std::to_string(clock.now_ns() - kOffsetNs) + "," + std::to_string(power_w));
  }
  void run_backwards() override { append("17,20"); }
  // Whoever reads an open file does not see that it was removed; it just grows no more.
  void vanish() override {
    FileWorld::vanish();
    clock.on_step(nullptr);
    clock.sleep_ns(3'000'000'000);
  }

 private:
  static constexpr std::int64_t kOffsetNs = 987'654'321;
  void append(const std::string& text) {
    std::ofstream(tree.path(folder() + "/samples"), std::ios::app) << text << '\n';
  }
  std::string folder() const override { return "logger"; }
};

template <class World>
NamedWorld named(const char* name) {
  return {name, [] { return std::make_unique<World>(); }};
}

}  // namespace

const std::vector<NamedWorld>& meter_worlds() {
  static const std::vector<NamedWorld> worlds = {
      named<RaplWorld>("Rapl"),
      named<PerfWorld>("Perf"),
      named<NvmlWorld>("Nvml"),
      named<NvmlPowerWorld>("NvmlPower"),
      named<NvmlInstantWorld>("NvmlInstant"),
      named<HwmonEnergyWorld>("HwmonEnergy"),
      named<HwmonPowerWorld>("HwmonPower"),
      named<Ina3221World>("Ina3221"),
      named<OdpmWorld>("Odpm"),
      named<PowerStatsWorld>("PowerStats"),
      named<BatteryWorld>("Battery"),
      named<ExternalWorld>("External"),
  };
  return worlds;
}

}  // namespace hetscope
