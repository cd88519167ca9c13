// The worker's main loop: requests in, records out. Whatever ends it costs the case it was running, and the supervisor
// starts another.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/meter/energy_meter.hpp"
#include "harness/run/runner.hpp"
#include "harness/run/supervisor.hpp"
#include "harness/run/worker_process.hpp"
#include "harness/run/worker_protocol.hpp"

namespace hetscope {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

OwnedFd inherited(const char* variable) {
  const char* text = std::getenv(variable);
  int fd = -1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), fd);
  // Programs that a kernel starts must not hold the channel open.
  if (fd < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    throw Error(std::string("$") + variable + " does not name a descriptor", "worker",
                "a worker is started by hetscope run, not by hand");
  }
  return OwnedFd(fd);
}

// nullopt when whoever started this process did not say when.
std::optional<double> seconds_since_start() {
  const char* text = std::getenv(kStartedVariable);
  std::int64_t started_ns = 0;
  if (text == nullptr || std::from_chars(text, text + std::strlen(text), started_ns).ec != std::errc()) return {};
  return static_cast<double>(monotonic_ns() - started_ns) * 1e-9;
}

class Channel {
 public:
  explicit Channel(OwnedFd fd) : fd_(std::move(fd)) {}

  // false: the supervisor closed it.
  bool read(std::string& line) {
    for (;;) {
      if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
        line.assign(received_, 0, end);
        received_.erase(0, end + 1);
        return true;
      }
      char chunk[1 << 16];
      const ssize_t got = ::recv(fd_.get(), chunk, sizeof chunk, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      received_.append(chunk, static_cast<std::size_t>(got));
    }
  }

  void write(std::string line) {
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) throw Error("the supervisor is gone", "worker");
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  OwnedFd fd_;
  std::string received_;
};

// The meters called `wanted` ("rapl" chooses every "rapl:..."); "": all, "none": none.
MeterDiscovery choose_meters(const std::string& wanted) {
  if (wanted == "none") return {{}, {"not wanted (--meter none)"}};
  MeterDiscovery all = discover_meters();
  if (wanted.empty()) return all;
  MeterDiscovery chosen;
  std::string names;
  for (auto& meter : all.found) {
    const std::string& name = meter->info().name;
    names += " " + name;
    if (is_meter_called(name, wanted)) chosen.found.push_back(std::move(meter));
  }
  if (chosen.found.empty()) {
    chosen.missing = std::move(all.missing);
    chosen.missing.insert(chosen.missing.begin(), "'" + wanted + "' is not a meter of this device" +
                                                      (names.empty() ? "" : ", there are" + names));
  }
  return chosen;
}

class Worker {
 public:
  Worker(const Catalog& catalog, const BackendMaker& backends, OwnedFd channel, OwnedFd progress)
      : catalog_(catalog),
        backends_(backends),
        channel_(std::move(channel)),
        progress_(progress.release()),
        start_s_(seconds_since_start()) {}

  void serve() {
    channel_.write(hello_line());
    std::string line;
    while (channel_.read(line)) {
      const Request request = parse_request(line);
      if (request.run) {
        run(*request.run);
      } else {
        discover(*request.discover_skip);
      }
      channel_.write(done_line());
    }
  }

 private:
  void run(const RunRequest& request) {
    if (!runner_) {
      processors_ = std::make_unique<ProcessorSet>(backends_());
      MeterDiscovery meters = choose_meters(request.meter);
      runner_ = std::make_unique<Runner>(catalog_, *processors_, std::move(meters.found), std::move(meters.missing),
                                         request.identity, clock_);
      if (request.meter != "none") runner_->use_models(load_energy_models());
      if (start_s_) runner_->set_process_start(*start_s_);
    }
    const auto records =
        runner_->run(request.group, [this](std::size_t member) { progress_.set(static_cast<std::int32_t>(member)); });
    for (const Record& record : records) channel_.write(record_line(record));
  }

  // Each back end is announced before it is touched, so that the supervisor can name the one that crashed.
  void discover(const std::vector<std::string>& skip) {
    const auto is_wanted = [&](const std::string& name) {
      return std::find(skip.begin(), skip.end(), name) == skip.end();
    };
    for (const auto& backend : backends_()) {
      const std::string name(backend->name());
      if (!is_wanted(name)) continue;
      channel_.write(looking_line(name));
      channel_.write(discovery_line(backend->discover(), {}));
    }
    if (!is_wanted(kMetersLook)) return;
    channel_.write(looking_line(kMetersLook));
    const MeterDiscovery meters = discover_meters();
    std::vector<std::string> names;
    for (const auto& meter : meters.found) names.push_back(meter->info().name);
    channel_.write(discovery_line({{}, meters.missing}, names));
  }

  const Catalog& catalog_;
  const BackendMaker& backends_;
  Channel channel_;
  SharedProgress progress_;
  std::optional<double> start_s_;
  MonotonicClock clock_;
  std::unique_ptr<ProcessorSet> processors_;
  std::unique_ptr<Runner> runner_;
};

}  // namespace

int serve_worker(const Catalog& catalog, const BackendMaker& backends) {
  std::unique_ptr<Worker> worker;
  try {
    worker = std::make_unique<Worker>(catalog, backends, inherited(kWorkerFdVariable), inherited(kProgressFdVariable));
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kExitUsage;
  }
  try {
    worker->serve();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", one_line(error.what()).c_str());
    return kExitFailure;
  }
  return 0;
}

}  // namespace hetscope
