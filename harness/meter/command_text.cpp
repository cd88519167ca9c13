// posix_spawnp and a pipe.
#include "harness/meter/command_text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

extern char** environ;

namespace hetscope {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::size_t kMostBytes = 1 << 20;

// Reads until the end, the limit or the deadline; false for the last two.
bool read_all(int fd, std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0 || text.size() > kMostBytes) return false;
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    char chunk[4096];
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) text.append(chunk, static_cast<std::size_t>(got));
  }
}

class SystemCommands final : public CommandText {
 public:
  std::optional<std::string> run(std::span<const std::string> argv, std::string& why) override {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      why = std::strerror(errno);
      return std::nullopt;
    }
    std::vector<char*> arguments;
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string text;
    bool complete = false;
    int status = 0;
    if (error == 0) {
      complete = read_all(ends[0], text);
      if (!complete) ::kill(pid, SIGKILL);
      while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
    }
    ::close(ends[0]);
    if (error != 0) {
      why = argv[0] + ": " + std::strerror(error);
    } else if (!complete) {
      why = argv[0] + " took too long or wrote too much";
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      why = argv[0] + " failed";
    } else {
      return text;
    }
    return std::nullopt;
  }
};

}  // namespace

CommandText& system_commands() {
  static SystemCommands commands;
  return commands;
}

}  // namespace hetscope
