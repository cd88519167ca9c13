// hetscope devices: the processors and meters of this device, and why something is missing.
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "bench/commands/describe.hpp"
#include "harness/core/units.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

void print_text(const Discovery& discovery, const std::vector<std::string>& meters) {
  const HostInfo host = read_host_info();
  fmt::print("device      {}, {}, Linux {}\n", host.device_model.empty() ? "unnamed" : host.device_model, host.os,
             host.kernel);
  for (const ProcessorInfo& processor : discovery.found) {
    fmt::print("processor   {}  {} ({}{}), {} compute units, {} memory\n", processor.name, processor.model,
               to_string(processor.kind),
               processor.runs_on_host_cpu && processor.program_model != ProgramModel::host_function
                   ? ", runs on the host's CPU"
                   : "",
               processor.compute_units, format_bytes(static_cast<double>(processor.memory_bytes)));
    for (const auto& [name, value] : processor.details) fmt::print("              {:22} {}\n", name, value);
  }
  for (const std::string& meter : meters) fmt::print("meter       {}\n", meter);
  for (const std::string& missing : discovery.missing) fmt::print("missing     {}\n", missing);
}

}  // namespace

nlohmann::json describe(const std::vector<ProcessorInfo>& processors) {
  nlohmann::json result = nlohmann::json::array();
  for (const ProcessorInfo& processor : processors) {
    nlohmann::json details = nlohmann::json::object();
    for (const auto& [name, value] : processor.details) details[name] = value;
    result.push_back({{"name", processor.name},
                      {"kind", to_string(processor.kind)},
                      {"program_model", to_string(processor.program_model)},
                      {"model", processor.model},
                      {"driver", processor.driver},
                      {"compute_units", processor.compute_units},
                      {"memory_bytes", processor.memory_bytes},
                      {"max_allocation_bytes", processor.max_allocation_bytes},
                      {"cache_bytes", processor.cache_bytes},
                      {"runs_on_host_cpu", processor.runs_on_host_cpu},
                      {"details", std::move(details)}});
  }
  return result;
}

void add_devices(Commands& commands) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = commands.app.add_subcommand("devices", "list processors, meters and what is missing");
  command->add_flag("--json", *as_json, "print JSON");
  command->callback([&commands, as_json] {
    commands.action = [as_json] {
      std::vector<std::string> meters;
      const Discovery discovery = discover_in_worker(worker_command(), &meters);
      if (*as_json) {
        const nlohmann::json document = {{"host", to_json(read_host_info())},
                                         {"processors", describe(discovery.found)},
                                         {"meters", meters},
                                         {"missing", discovery.missing}};
        std::printf("%s\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
      } else {
        print_text(discovery, meters);
      }
      return kExitOk;
    };
  });
}

}  // namespace hetscope
