// Parses the command line and is the last place where an exception can end.
#include "bench/commands/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/record/fingerprint.hpp"

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

int fail(const std::string& line) {
  std::fprintf(stderr, "hetscope: %s\n", one_line(line).c_str());
  return kExitInput;
}

}  // namespace

WorkerCommand worker_command() { return {"/proc/self/exe", {"worker"}}; }

int hetscope_main(int argc, char** argv, const Catalog& catalog) {
  occupy_standard_descriptors();
  // A reader that is gone and a file that may not grow are errors of a write, not reasons to die without a word.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    // The supervisor starts this program again as its worker; no user calls it so.
    if (argc == 2 && std::strcmp(argv[1], "worker") == 0) return serve_worker(catalog);

    CLI::App app("Profiles and benchmarks the processors of a device: CPU clusters, GPU, NPU.", "hetscope");
    app.set_version_flag("--version", version_text());
    app.require_subcommand(1);
    app.footer("Exit codes: 0 all well, 1 a record failed or mismatched, 2 wrong input or usage, 3 undecided.");
    Commands commands{app, catalog, {}};
    add_devices(commands);
    add_doctor(commands);
    add_list(commands);
    add_run(commands);
    add_validate(commands);
    add_report(commands);
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& success) {
      return app.exit(success);
    } catch (const CLI::ParseError& error) {
      return fail(std::string(error.what()) + "; see hetscope --help");
    }
    return commands.action();
  } catch (const std::bad_alloc&) {
    return fail("not enough memory");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace hetscope
