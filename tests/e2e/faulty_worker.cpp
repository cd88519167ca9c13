// A worker with faulty kernels; or, named by its argument, a worker that is faulty itself.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "harness/record/record.hpp"
#include "harness/run/supervisor.hpp"
#include "harness/run/worker_process.hpp"
#include "harness/run/worker_protocol.hpp"
#include "tests/e2e/faulty_kernels.hpp"

namespace {

using namespace hetscope;

int channel() { return std::atoi(std::getenv(kWorkerFdVariable)); }

void say(const std::string& text) {
  if (::send(channel(), text.data(), text.size(), MSG_NOSIGNAL) < 0) ::_exit(1);
}

void hear() {
  std::string request;
  char byte = 0;
  while (byte != '\n' && ::recv(channel(), &byte, 1, 0) == 1) request += byte;
}

// A record of a case that nobody asked for.
std::string stray_record() {
  Record record;
  record.item = Case("faulty", "faulty_none", {"elsewhere"});
  record.reason = "nobody asked";
  return record_line(record) + "\n";
}

int misbehave(const std::string& how) {
  if (how == "silent-exit") return 7;
  if (how == "stranger") {
    say("good morning\n");
    return 0;
  }
  say(hello_line() + "\n");
  hear();
  if (how == "garbage") say("{\"record\": what?\n");
  if (how == "stray") say(stray_record() + done_line() + "\n");
  if (how == "endless") {
    const std::string block(std::size_t{1} << 20, 'x');
    for (;;) say(block);
  }
  hear();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return misbehave(argv[1]);
  hetscope::Catalog catalog;
  hetscope::add_faulty_kernels(catalog);
  return hetscope::serve_worker(catalog);
}
