// A scanner for the flat XML of power profiles. It knows items, arrays of values and comments, and nothing else: the
// format has nothing else, and a phone's binary should not carry an XML library for it.
#include "harness/measure/power_profile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr double kNominalV = 3.85;
constexpr double kMostMilliamperes = 100'000;

std::string without_comments(std::string_view text) {
  std::string result;
  for (;;) {
    const std::size_t begin = text.find("<!--");
    result += text.substr(0, begin);
    if (begin == std::string_view::npos) return result;
    const std::size_t end = text.find("-->", begin);
    if (end == std::string_view::npos) return result;
    text.remove_prefix(end + 3);
  }
}

// The value of name="..." in a tag; "" when it has none.
std::string name_in(std::string_view tag) {
  constexpr std::string_view kKey = "name=\"";
  const std::size_t begin = tag.find(kKey);
  if (begin == std::string_view::npos) return "";
  const std::size_t end = tag.find('"', begin + kKey.size());
  return end == std::string_view::npos ? "" : std::string(tag.substr(begin + kKey.size(), end - begin - kKey.size()));
}

// A number with nothing but blanks around it.
bool parse_number(std::string_view text, double& value) {
  const std::string copy(text);
  char* end = nullptr;
  value = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !std::isfinite(value)) return false;
  return std::string_view(end).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::map<std::string, std::vector<double>> parse_power_profile(std::string_view text, const std::string& where) {
  const std::string clean = without_comments(text);
  const std::string_view rest = clean;
  if (rest.find("<device") == std::string_view::npos || rest.find("</device>") == std::string_view::npos) {
    throw Error("no whole <device> element", where, "give Android's power_profile.xml");
  }
  std::map<std::string, std::vector<double>> values;
  std::string name;
  for (std::size_t at = rest.find('<'); at != std::string_view::npos; at = rest.find('<', at + 1)) {
    const std::size_t close = rest.find('>', at);
    if (close == std::string_view::npos) break;
    const std::string_view tag = rest.substr(at + 1, close - at - 1);
    if (tag.starts_with("item") || tag.starts_with("array")) name = name_in(tag);
    if (!tag.starts_with("item") && !tag.starts_with("value")) continue;
    double number = 0;
    if (!name.empty() && parse_number(rest.substr(close + 1, rest.find('<', close) - close - 1), number)) {
      values[name].push_back(number);
    }
  }
  return values;
}

PowerProfileModel::PowerProfileModel(std::string_view text, const std::string& where)
    : values_(parse_power_profile(text, where)) {
  if (list("cpu.clusters.cores").empty()) {
    throw Error("no cpu.clusters.cores", where, "profiles from before Android 6 do not tell the clusters apart");
  }
  for (const auto& [name, numbers] : values_) {
    if (!name.starts_with("cpu.")) continue;
    const bool is_current = name.find("speeds") == std::string::npos && name.find("cores") == std::string::npos;
    for (const double number : numbers) {
      if (number < 0 || (is_current && number > kMostMilliamperes)) {
        throw Error(name + " is " + std::to_string(number) + " mA", where);
      }
    }
  }
}

const std::vector<double>& PowerProfileModel::list(const std::string& name) const {
  static const std::vector<double> kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

double PowerProfileModel::core_ma(std::size_t cluster, std::int64_t khz) const {
  const std::string suffix = ".cluster" + std::to_string(cluster);
  const std::vector<double>& speeds = list("cpu.core_speeds" + suffix);
  const std::vector<double>& powers = list("cpu.core_power" + suffix);
  if (powers.empty()) return 0;
  const auto above = std::lower_bound(speeds.begin(), speeds.end(), static_cast<double>(khz));
  const auto index = static_cast<std::size_t>(above - speeds.begin());
  return powers[std::min(index, powers.size() - 1)];
}

std::optional<double> PowerProfileModel::energy_j(const ModelInputs& inputs, std::string& why) const {
  if (!inputs.on_cpu || inputs.cpus.empty()) {
    why = "a power profile knows the CPU only";
    return std::nullopt;
  }
  double core_ma_sum = 0;
  std::set<std::size_t> clusters;
  for (const int cpu : inputs.cpus) {
    std::size_t cluster = 0;
    double first = 0;
    const std::vector<double>& cores = list("cpu.clusters.cores");
    while (cluster < cores.size() && cpu >= first + cores[cluster]) first += cores[cluster++];
    const auto khz = inputs.freq_khz.find("cpu" + std::to_string(cpu));
    if (cluster == cores.size() || khz == inputs.freq_khz.end()) {
      why = "cpu" + std::to_string(cpu) + " is in no cluster of the profile, or its frequency cannot be read";
      return std::nullopt;
    }
    core_ma_sum += core_ma(cluster, khz->second);
    clusters.insert(cluster);
  }
  double shared_ma = list("cpu.active").empty() ? 0 : list("cpu.active").front();
  for (const std::size_t cluster : clusters) {
    const std::vector<double>& power = list("cpu.cluster_power.cluster" + std::to_string(cluster));
    if (!power.empty()) shared_ma += power.front();
  }
  const double mean_core_ma = core_ma_sum / static_cast<double>(inputs.cpus.size());
  return 1e-3 * kNominalV * (mean_core_ma * inputs.cpu_s + shared_ma * inputs.time_s);
}

}  // namespace hetscope
