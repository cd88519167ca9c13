// Android's PowerStats HAL by its text dump: the rails of phones that have them, readable from an adb shell without
// root. `dumpsys android.hardware.power.stats.IPowerStats/default` prints milliwatt-seconds since boot:
//   ============= PowerStats HAL 2.0 energy meter ==============
//                            Channel    Cumulative Energy
//              [S10M_VDD_TPU]:TPU           1234.56 mWs
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "harness/meter/accumulate.hpp"
#include "harness/meter/command_text.hpp"
#include "harness/meter/discovery.hpp"

namespace hetscope {
namespace {

constexpr double kJoulesPerCount = 1e-5;  // printed with two decimals of a milliwatt-second
constexpr double kPowerStatsPeriodS = 0.25;

const std::array<std::string, 2> kCommand = {"dumpsys", "android.hardware.power.stats.IPowerStats/default"};

// "1234.56" as hundredths: exact, where a double would not be.
std::optional<std::uint64_t> parse_hundredths(const std::string& text) {
  const std::size_t point = text.find('.');
  if (point == std::string::npos || point == 0 || text.size() != point + 3) return std::nullopt;
  const std::string digits = text.substr(0, point) + text.substr(point + 1);
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return code == std::errc() && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

// Channel -> hundredths of a milliwatt-second.
std::map<std::string, std::uint64_t> parse_energy_meter(const std::string& text) {
  std::map<std::string, std::uint64_t> channels;
  std::istringstream lines(text);
  std::string line;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line.find("End of PowerStats HAL") != std::string::npos) {
      inside = false;
    } else if (line.starts_with("=") && line.find("energy meter") != std::string::npos) {
      inside = true;
    }
    if (!inside) continue;
    std::istringstream words(line);
    std::string channel;
    std::string value;
    std::string unit;
    if (!(words >> channel >> value >> unit) || unit != "mWs") continue;
    if (const auto count = parse_hundredths(value)) channels[channel] = *count;
  }
  return channels;
}

class ChannelMeter final : public EnergyMeter {
 public:
  ChannelMeter(MeterInfo info, std::string channel, CommandText& commands, const Clock& clock)
      : info_(std::move(info)),
        channel_(std::move(channel)),
        commands_(commands),
        energy_(info_, kJoulesPerCount, std::nullopt, kCommand[1]),
        clock_(clock) {}
  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    std::string why;
    const auto text = commands_.run(kCommand, why);
    if (!text) throw MeterFault("the PowerStats HAL no longer answers: " + why, info_.name);
    const auto channels = parse_energy_meter(*text);
    const auto count = channels.find(channel_);
    if (count == channels.end()) throw MeterFault("the PowerStats HAL no longer has this channel", info_.name);
    return energy_.step(clock_.now_ns(), count->second);
  }

 private:
  MeterInfo info_;
  std::string channel_;
  CommandText& commands_;
  CountedEnergy energy_;
  const Clock& clock_;
};

}  // namespace

void discover_power_stats_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  CommandText& commands = roots.commands != nullptr ? *roots.commands : system_commands();
  std::string why;
  const auto text = commands.run(kCommand, why);
  if (!text) {
    discovery.missing.push_back("power_stats: " + why + " (Android only; from an adb shell)");
    return;
  }
  const auto channels = parse_energy_meter(*text);
  if (channels.empty())
    discovery.missing.push_back("power_stats: the PowerStats HAL has no energy meter on this device");
  for (const auto& [channel, count] : channels) {
    MeterInfo info;
    info.name = "power_stats:" + channel;
    info.kind = EnergyKind::measured_counter;
    info.scope = "rail:" + channel;
    info.method = "rail counter of the PowerStats HAL through dumpsys";
    info.resolution_j = kJoulesPerCount;
    info.update_period_s = kPowerStatsPeriodS;
    info.most_w = kMostRailW;
    discovery.found.push_back(std::make_unique<ChannelMeter>(std::move(info), channel, commands, clock_of(roots)));
  }
}

}  // namespace hetscope
