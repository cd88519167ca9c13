// hetscope --dump: the files that are part of the binary (scenarios, OpenCL C), by name or their text.
#include <cstdio>
#include <string>
#include <vector>

#include "bench/commands/command.hpp"
#include "harness/run/scenario_texts.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

void dump(const std::string& name) {
  std::vector<EmbeddedFile> files(scenario_files().begin(), scenario_files().end());
  files.insert(files.end(), opencl_source_files().begin(), opencl_source_files().end());
  if (!name.empty()) {
    const std::string_view text = embedded_text(files, name);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  for (const EmbeddedFile& file : files) std::printf("%s\n", std::string(file.path).c_str());
}

}  // namespace

void add_dump(Commands& commands) {
  // An option beside --version, not a subcommand: it needs no device and nothing else of the program.
  commands.app
      .add_option_function<std::string>(
          "--dump",
          [](const std::string& name) {
            dump(name);
            throw CLI::Success();
          },
          "print the names of the files that are part of this program, or the text of the one that is named")
      ->expected(0, 1)
      ->type_name("[FILE]");
}

}  // namespace hetscope
