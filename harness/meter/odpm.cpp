// The power rails of Google's Tensor phones (on-device power monitor) and of boards with the same file format: an IIO
// device's `energy_value` holds, for each rail, the microwatt-seconds since boot:
//   t=12345678
//   CH0(T=12345678)[S10M_VDD_TPU], 60921034
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/core/sysfs.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/discovery.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

// The hardware samples at about 1 kHz; the driver takes them over every few milliseconds.
constexpr double kOdpmPeriodS = 0.01;
constexpr std::size_t kMostFileBytes = 1 << 16;

// Rail -> microjoules; empty when the file is not in this format.
std::map<std::string, std::uint64_t> read_rails(const std::string& file) {
  std::ifstream stream(file);
  std::string text(kMostFileBytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  std::map<std::string, std::uint64_t> rails;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t open = line.find('[');
    const std::size_t close = line.find(']', open);
    if (!line.starts_with("CH") || open == std::string::npos || close == std::string::npos) continue;
    const std::size_t digits = line.find_first_of("0123456789", close);
    if (digits == std::string::npos) continue;
    std::uint64_t count = 0;
    const auto [end, code] = std::from_chars(line.data() + digits, line.data() + line.size(), count);
    if (code == std::errc()) rails[line.substr(open + 1, close - open - 1)] = count;
  }
  return rails;
}

class RailMeter final : public EnergyMeter {
 public:
  RailMeter(MeterInfo info, std::string file, std::string rail, const Clock& clock)
      : info_(std::move(info)),
        file_(std::move(file)),
        rail_(std::move(rail)),
        energy_(info_, kMicro, std::nullopt, file_),
        clock_(clock) {}
  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    const auto rails = read_rails(file_);
    const auto count = rails.find(rail_);
    if (count == rails.end())
      throw MeterFault("rail " + rail_ + " can no longer be read", file_, why_unreadable(file_));
    return energy_.step(clock_.now_ns(), count->second);
  }

 private:
  MeterInfo info_;
  std::string file_;
  std::string rail_;
  CountedEnergy energy_;
  const Clock& clock_;
};

}  // namespace

void discover_odpm_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  const fs::path root = fs::path(roots.sysfs) / "bus/iio/devices";
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    if (fs::exists(entry.path() / "energy_value", error)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) discovery.missing.push_back("odpm: no IIO device below " + root.string() + " has an energy_value");
  for (const fs::path& path : paths) {
    const std::string file = (path / "energy_value").string();
    const auto rails = read_rails(file);
    if (rails.empty()) {
      const std::string why = why_unreadable(file);
      discovery.missing.push_back("odpm: " + file + ": " +
                                  (why.empty() ? "it lists no rail" : why + "; it needs root, or power_stats instead"));
    }
    for (const auto& [rail, count] : rails) {
      MeterInfo info;
      info.name = "odpm:" + rail;
      info.kind = EnergyKind::measured_counter;
      info.scope = "rail:" + rail;
      info.method = "rail counter of " + read_first_line((path / "name").string()).value_or("an IIO device");
      info.resolution_j = kMicro;
      info.update_period_s = kOdpmPeriodS;
      info.most_w = kMostRailW;
      discovery.found.push_back(std::make_unique<RailMeter>(std::move(info), file, rail, clock_of(roots)));
    }
  }
}

}  // namespace hetscope
