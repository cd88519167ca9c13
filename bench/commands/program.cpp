// Parses the command line and is the last place where an exception can end.
#include "bench/commands/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "bench/commands/command.hpp"
#include "bench/commands/tool_output.hpp"
#include "harness/baseline/model_inference.hpp"
#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/run/interruption.hpp"

namespace hetscope {
namespace {

std::string version_text() {
  const BuildInfo build = build_info();
  std::string text = "hetscope " + build.version;
  if (!build.git_commit.empty())
    text += " (" + build.git_commit.substr(0, 12) + (build.git_dirty ? "+changes" : "") + ")";
  return text + ", " + build.compiler + ", " + build.target;
}

// Launchers may start a program with these closed; the first files opened would then take their places.
void occupy_standard_descriptors() {
  int descriptor = 0;
  do {
    descriptor = ::open("/dev/null", O_RDWR);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor > STDERR_FILENO) ::close(descriptor);
}

int fail(const std::string& line, int code = kExitInput) {
  std::fprintf(stderr, "hetscope: %s\n", one_line(line).c_str());
  return code;
}

// Names the command that is none; the parser itself only says that one is missing.
void check_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) == names.end()) throw unknown_name("command", argv[1], names);
}

// Results that did not reach their reader are no results.
int flushed(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  return fail(std::string("standard output cannot be written") +
              (errno != 0 ? std::string(" (") + std::strerror(errno) + ")" : ""));
}

}  // namespace

WorkerCommand worker_command() { return {"/proc/self/exe", {"worker"}}; }

int hetscope_main(int argc, char** argv, Catalog catalog, const BackendMaker& backends) {
  occupy_standard_descriptors();
  // A reader that is gone and a file that may not grow are errors of a write, not reasons to die without a word.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    add_baselines(catalog, make_tool_reader());
    // The supervisor starts this program again as its worker; no user calls it so.
    if (argc == 2 && std::strcmp(argv[1], "worker") == 0) return serve_worker(catalog, backends);

    CLI::App app("Profiles and benchmarks the processors of a device: CPU clusters, GPU, NPU.", "hetscope");
    app.set_version_flag("--version", version_text());
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 all well, 1 a record failed or mismatched, 2 wrong input or usage, 3 undecided, "
        "128 + N interrupted by signal N.");
    Commands commands{app, catalog, {}};
    add_ab(commands);
    add_compare(commands);
    add_decide(commands);
    add_devices(commands);
    add_doctor(commands);
    add_dump(commands);
    add_export(commands);
    add_import(commands);
    add_list(commands);
    add_models(commands);
    add_replay(commands);
    add_reproduce(commands);
    add_qualify(commands);
    add_run(commands);
    add_series(commands);
    add_validate(commands);
    add_report(commands);
    check_command(app, argc, argv);
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& success) {
      return flushed(app.exit(success));
    } catch (const CLI::ParseError& error) {
      return fail(std::string(error.what()) + "; see hetscope --help");
    }
    return flushed(commands.action());
  } catch (const Interrupted& interruption) {
    return fail(interruption.what(), kExitSignal + interruption.signal_number());
  } catch (const std::bad_alloc&) {
    return fail("not enough memory");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace hetscope
