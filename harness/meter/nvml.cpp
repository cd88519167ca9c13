// NVIDIA GPUs through NVML, opened at run time: the energy counter (Volta and later; about ten updates a second), and
// the power field integrated. On Ampere and later the plain power field is an average over one second; the meter's
// method says so.
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "harness/core/dynamic_library.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/discovery.hpp"
#include "harness/meter/nvml_api.hpp"

namespace hetscope {
namespace {

constexpr double kCounterPeriodS = 0.1;
constexpr double kMostBoardW = 3000;

class Nvml {
 public:
  // nullptr with `why` when there is no library, no driver, or a function is not there.
  static std::shared_ptr<const Nvml> open(const MeterRoots& roots, std::string& why) {
    auto nvml = std::make_shared<Nvml>();
    nvml->library_ = DynamicLibrary::open_first(roots.nvml_libraries, &why);
    if (!nvml->library_) return nullptr;
    // The driver's threads may outlive us.
    nvml->library_.leak();
    if (!nvml->bind()) {
      why = nvml->library_.path() + " lacks a function of NVML 11";
      return nullptr;
    }
    if (const nvml::Result result = nvml->call.init(); result != nvml::kSuccess) {
      why = "nvmlInit: " + nvml->text(result);
      return nullptr;
    }
    return nvml;
  }

  std::string text(nvml::Result result) const {
    const char* words = call.error_text(result);
    return words != nullptr ? words : "error " + std::to_string(result);
  }
  void check(nvml::Result result, const char* what) const {
    if (result != nvml::kSuccess) throw MeterFault(std::string(what) + ": " + text(result), "NVML");
  }

  nvml::Functions call{};

 private:
  bool bind() {
    bind_one(call.init, "nvmlInit_v2");
    bind_one(call.device_count, "nvmlDeviceGetCount_v2");
    bind_one(call.device_by_index, "nvmlDeviceGetHandleByIndex_v2");
    bind_one(call.total_energy_mj, "nvmlDeviceGetTotalEnergyConsumption");
    bind_one(call.power_mw, "nvmlDeviceGetPowerUsage");
    bind_one(call.error_text, "nvmlErrorString");
    bind_one(call.architecture, "nvmlDeviceGetArchitecture");
    bind_one(call.field_values, "nvmlDeviceGetFieldValues");
    return call.init && call.device_count && call.device_by_index && call.total_energy_mj && call.power_mw &&
           call.error_text;
  }
  template <class F>
  void bind_one(F*& function, const char* name) const {
    function = library_.function<F>(name);
  }

  DynamicLibrary library_;
};

// Watts: the instantaneous field where the driver has it, else the plain one.
class PowerField {
 public:
  PowerField(std::shared_ptr<const Nvml> nvml, nvml::Device device) : nvml_(std::move(nvml)), device_(device) {
    double ignored_w = 0;
    has_instant_ = read_instant(ignored_w);
  }
  double read_w() const {
    double power_w = 0;
    if (has_instant_ && read_instant(power_w)) return power_w;
    unsigned power_mw = 0;
    nvml_->check(nvml_->call.power_mw(device_, &power_mw), "nvmlDeviceGetPowerUsage");
    return power_mw * kMilli;
  }
  std::string words() const {
    if (has_instant_) return "NVML instantaneous power, integrated";
    unsigned architecture = 0;
    const bool averages = nvml_->call.architecture == nullptr ||
                          nvml_->call.architecture(device_, &architecture) != nvml::kSuccess ||
                          architecture >= nvml::kArchitectureAmpere;
    return averages ? "NVML power, an average over 1 s (on GA100: instantaneous), integrated"
                    : "NVML power, integrated";
  }

 private:
  bool read_instant(double& power_w) const {
    if (nvml_->call.field_values == nullptr) return false;
    nvml::FieldValue field{};
    field.field_id = nvml::kPowerInstant;
    constexpr int kUnsignedInt = 1;
    if (nvml_->call.field_values(device_, 1, &field) != nvml::kSuccess || field.result != nvml::kSuccess ||
        field.value_type != kUnsignedInt) {
      return false;
    }
    power_w = field.value.integer * kMilli;
    return true;
  }

  std::shared_ptr<const Nvml> nvml_;
  nvml::Device device_;
  bool has_instant_ = false;
};

class NvmlCounterMeter final : public EnergyMeter {
 public:
  NvmlCounterMeter(MeterInfo info, std::shared_ptr<const Nvml> nvml, nvml::Device device, const Clock& clock)
      : info_(std::move(info)),
        nvml_(nvml),
        device_(device),
        power_(std::move(nvml), device),
        energy_(info_, kMilli, std::nullopt, info_.name),
        check_(info_),
        clock_(clock) {}
  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    unsigned long long energy_mj = 0;
    nvml_->check(nvml_->call.total_energy_mj(device_, &energy_mj), "nvmlDeviceGetTotalEnergyConsumption");
    const EnergyReading reading = energy_.step(clock_.now_ns(), energy_mj);
    // A second opinion on the unit costs a call of its own; once for each update is enough.
    if (reading.updates != checked_updates_) check_.compare(reading, power_.read_w());
    checked_updates_ = reading.updates;
    return reading;
  }

 private:
  MeterInfo info_;
  std::shared_ptr<const Nvml> nvml_;
  nvml::Device device_;
  PowerField power_;
  CountedEnergy energy_;
  UnitCheck check_;
  std::int64_t checked_updates_ = -1;
  const Clock& clock_;
};

class NvmlPowerMeter final : public EnergyMeter {
 public:
  NvmlPowerMeter(MeterInfo info, PowerField power, const Clock& clock)
      : info_(std::move(info)), power_(std::move(power)), energy_(info_, info_.name), clock_(clock) {}
  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    const double power_w = power_.read_w();
    return energy_.step(clock_.now_ns(), power_w);
  }

 private:
  MeterInfo info_;
  PowerField power_;
  IntegratedPower energy_;
  const Clock& clock_;
};

void add_device(const std::shared_ptr<const Nvml>& nvml, unsigned index, const Clock& clock,
                MeterDiscovery& discovery) {
  MeterInfo info;
  info.name = "nvml:" + std::to_string(index);
  info.scope = "gpu board";
  info.update_period_s = kCounterPeriodS;
  info.most_w = kMostBoardW;
  info.always_draws = true;
  nvml::Device device = nullptr;
  nvml::Result result = nvml->call.device_by_index(index, &device);
  unsigned long long energy_mj = 0;
  if (result == nvml::kSuccess) result = nvml->call.total_energy_mj(device, &energy_mj);
  if (result == nvml::kSuccess) {
    info.kind = EnergyKind::measured_counter;
    info.method = "NVML energy counter";
    info.resolution_j = kMilli;
    discovery.found.push_back(std::make_unique<NvmlCounterMeter>(info, nvml, device, clock));
    return;
  }
  discovery.missing.push_back(info.name + ": the energy counter: " + nvml->text(result));
  if (device == nullptr) return;
  unsigned power_mw = 0;
  if (result = nvml->call.power_mw(device, &power_mw); result != nvml::kSuccess) {
    discovery.missing.push_back(info.name + "/power: " + nvml->text(result));
    return;
  }
  PowerField power(nvml, device);
  info.name += "/power";
  info.kind = EnergyKind::measured_power;
  info.method = power.words();
  info.resolution_j = kMilli * info.update_period_s;
  info.read_every_s = info.update_period_s;
  discovery.found.push_back(std::make_unique<NvmlPowerMeter>(std::move(info), std::move(power), clock));
}

}  // namespace

void discover_nvml_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  std::string why;
  const std::shared_ptr<const Nvml> nvml = Nvml::open(roots, why);
  if (!nvml) {
    discovery.missing.push_back("nvml: " + why);
    return;
  }
  unsigned count = 0;
  if (const nvml::Result result = nvml->call.device_count(&count); result != nvml::kSuccess || count == 0) {
    discovery.missing.push_back("nvml: " + (result == nvml::kSuccess ? "no GPU" : nvml->text(result)));
    return;
  }
  constexpr unsigned kMostDevices = 64;
  for (unsigned index = 0; index < std::min(count, kMostDevices); ++index) {
    add_device(nvml, index, clock_of(roots), discovery);
  }
}

}  // namespace hetscope
