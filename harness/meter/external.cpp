// A power meter outside the device (Monsoon, Joulescope, an INA226 on another board), fed by its logger through a pipe,
// a serial port or a growing file: $HETSCOPE_EXTERNAL_METER names it, external_stream.hpp says what it writes. The
// logger's clock is tied to ours by a marker ($HETSCOPE_EXTERNAL_MARKER: a file, such as a GPIO's value, that is set to
// 1 and back to 0, and the logger marks the sample in which it saw that), or else by the least delay seen.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "harness/core/units.hpp"
#include "harness/meter/accumulate.hpp"
#include "harness/meter/discovery.hpp"
#include "harness/meter/external_stream.hpp"

namespace hetscope {
namespace {

// Not how often it samples, but how well the two clocks are tied: a window must be long against a logger's delays.
constexpr double kExternalPeriodS = 0.05;
constexpr double kReadEveryS = 0.01;
constexpr double kMostExternalW = 20000;
constexpr std::int64_t kSilenceNs = 2'000'000'000;
constexpr std::int64_t kSilenceLookNs = 1'000'000;

class ExternalMeter final : public EnergyMeter {
 public:
  ExternalMeter(MeterInfo info, std::string path, int fd, bool is_file, std::string marker, const Clock& clock)
      : info_(std::move(info)),
        path_(std::move(path)),
        fd_(fd),
        is_file_(is_file),
        marker_(std::move(marker)),
        energy_(info_, path_),
        clock_(clock) {}
  ~ExternalMeter() override { ::close(fd_); }
  ExternalMeter(const ExternalMeter&) = delete;
  ExternalMeter& operator=(const ExternalMeter&) = delete;

  const MeterInfo& info() const noexcept override { return info_; }

  EnergyReading read() override {
    if (!has_begun_) begin();
    take_samples();
    if (const std::int64_t quiet_ns = clock_.now_ns() - heard_ns_; quiet_ns > kSilenceNs) {
      throw MeterFault("the external meter has been silent for " + format_ns(static_cast<double>(quiet_ns)), path_,
                       "is its logger still running?");
    }
    return {newest_.t_ns + offset_ns_, newest_.energy_j, samples_};
  }

 private:
  // The first sample, and the mark when there is a marker.
  void begin() {
    has_begun_ = true;
    heard_ns_ = clock_.now_ns();
    wait_for("no sample came", [this] { return samples_ > 0; });
    if (marker_.empty()) return;
    is_marking_ = true;
    marked_ns_ = clock_.now_ns();
    set_marker("1\n");
    wait_for("the logger did not mark a sample", [this] { return !is_marking_; });
    set_marker("0\n");
  }

  template <class Condition>
  void wait_for(const char* what, Condition&& condition) {
    const std::int64_t end_ns = clock_.now_ns() + kSilenceNs;
    for (take_samples(); !condition(); take_samples()) {
      if (clock_.now_ns() > end_ns) {
        throw MeterFault(std::string(what) + " within " + format_ns(static_cast<double>(kSilenceNs)), path_,
                         "start the logger first; each line it writes is t_ns,watts");
      }
      clock_.sleep_ns(kSilenceLookNs);
    }
  }

  void set_marker(std::string_view level) const {
    const int fd = ::open(marker_.c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC);
    const bool written = fd >= 0 && ::write(fd, level.data(), level.size()) == static_cast<ssize_t>(level.size());
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!written) throw MeterFault("the marker cannot be set: " + std::string(std::strerror(error)), marker_);
  }

  void take_samples() {
    char chunk[4096];
    for (;;) {
      const ssize_t got = ::read(fd_, chunk, sizeof chunk);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (got < 0) throw MeterFault(std::strerror(errno), path_);
      if (got == 0) {
        // A file grows later; a pipe that has spoken and ends has lost its writer.
        if (!is_file_ && samples_ > 0) throw MeterFault("the logger closed the stream", path_);
        return;
      }
      take(std::string_view(chunk, static_cast<std::size_t>(got)));
    }
  }

  void take(std::string_view bytes) {
    std::vector<ExternalSample> fresh;
    try {
      fresh = stream_.feed(bytes);
    } catch (const Error& error) {
      throw MeterFault("mistrusted: " + error.problem(), path_, error.remedy());
    }
    if (fresh.empty()) return;
    heard_ns_ = clock_.now_ns();
    for (const ExternalSample& sample : fresh) {
      newest_ = energy_.step(sample.t_ns, sample.power_w);
      ++samples_;
      if (is_marking_ && sample.is_marked) {
        is_marking_ = false;
        is_aligned_ = true;
        offset_ns_ = marked_ns_ - sample.t_ns;
      }
    }
    if (!is_aligned_) offset_ns_ = std::min(offset_ns_, heard_ns_ - newest_.t_ns);
  }

  MeterInfo info_;
  std::string path_;
  int fd_;
  bool is_file_;
  std::string marker_;
  ExternalStream stream_;
  IntegratedPower energy_;
  const Clock& clock_;
  EnergyReading newest_;
  std::int64_t samples_ = 0;
  std::int64_t heard_ns_ = 0;
  std::int64_t marked_ns_ = 0;
  std::int64_t offset_ns_ = std::numeric_limits<std::int64_t>::max();  // host time minus the logger's
  bool has_begun_ = false;
  bool is_marking_ = false;
  bool is_aligned_ = false;
};

std::string setting(const std::string& given, const char* variable) {
  if (!given.empty()) return given;
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace

void discover_external_meter(const MeterRoots& roots, MeterDiscovery& discovery) {
  const std::string path = setting(roots.external, "HETSCOPE_EXTERNAL_METER");
  if (path.empty()) {
    discovery.missing.push_back(
        "external: none named ($HETSCOPE_EXTERNAL_METER: a pipe, serial port or file of t_ns,watts)");
    return;
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
    discovery.missing.push_back("external: " + path + ": " + (fd < 0 ? std::strerror(errno) : "it is no stream"));
    if (fd >= 0) ::close(fd);
    return;
  }
  const bool is_file = S_ISREG(status.st_mode);
  // What was logged before is not ours.
  if (is_file) ::lseek(fd, 0, SEEK_END);
  MeterInfo info;
  info.name = "external:" + path.substr(path.rfind('/') + 1);
  info.kind = EnergyKind::measured_external;
  info.scope = setting("", "HETSCOPE_EXTERNAL_SCOPE");
  if (info.scope.empty()) info.scope = "board";
  const std::string marker = setting(roots.external_marker, "HETSCOPE_EXTERNAL_MARKER");
  info.method =
      std::string("external power, integrated, clocks tied by ") + (marker.empty() ? "least delay" : "a marker");
  info.update_period_s = kExternalPeriodS;
  info.read_every_s = kReadEveryS;
  info.most_w = kMostExternalW;
  discovery.found.push_back(
      std::make_unique<ExternalMeter>(std::move(info), path, fd, is_file, marker, clock_of(roots)));
}

}  // namespace hetscope
