// Lines to samples, strictly.
#include "harness/meter/external_stream.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostLine = 256;
constexpr std::int64_t kMostNs = 4'000'000'000'000'000'000;  // differences of two times stay in 64 bits

bool parse_sample(std::string_view line, ExternalSample& sample) {
  const std::size_t first = line.find(',');
  if (first == std::string_view::npos) return false;
  const std::size_t second = line.find(',', first + 1);
  const auto [end, code] = std::from_chars(line.data(), line.data() + first, sample.t_ns);
  if (code != std::errc() || end != line.data() + first || std::abs(sample.t_ns) > kMostNs) return false;
  const std::string watts(line.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
  char* watts_end = nullptr;
  sample.power_w = std::strtod(watts.c_str(), &watts_end);
  if (watts.empty() || *watts_end != '\0' || !std::isfinite(sample.power_w)) return false;
  if (second == std::string_view::npos) return true;
  sample.is_marked = line.substr(second + 1) == "mark";
  return sample.is_marked || second + 1 == line.size();
}

}  // namespace

std::vector<ExternalSample> ExternalStream::feed(std::string_view bytes) {
  rest_.append(bytes);
  std::vector<ExternalSample> samples;
  std::size_t begin = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    std::string_view line = std::string_view(rest_).substr(begin, end - begin);
    begin = end + 1;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const bool is_first = is_first_;
    is_first_ = false;
    if (line.empty() || line.front() == '#') continue;
    ExternalSample sample;
    if (parse_sample(line, sample)) {
      samples.push_back(sample);
    } else if (!is_first) {
      throw Error("no sample: '" + std::string(line.substr(0, kMostLine)) + "'", "",
                  "a line is t_ns,watts or t_ns,watts,mark");
    }
  }
  rest_.erase(0, begin);
  if (rest_.size() > kMostLine) throw Error("a line of more than " + std::to_string(kMostLine) + " bytes");
  return samples;
}

}  // namespace hetscope
