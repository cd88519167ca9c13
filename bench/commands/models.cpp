// hetscope models: the models that baselines can run, how large they are, and which are here; and the baselines.
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "harness/baseline/baseline_list.hpp"
#include "harness/baseline/model_list.hpp"
#include "harness/core/units.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

bool is_here(const Model& model) { return std::filesystem::exists(model_directory() + "/" + model.file); }

void print_text(const std::vector<Model>& models, const BaselineList& list) {
  fmt::print("{:26} {:12} {:>9} {:>9} {:>6} {:>7}  {}\n", "model", "origin", "MACs", "params", "ops", "layout", "here");
  for (const Model& model : models) {
    fmt::print("{:26} {:12} {:>9} {:>9} {:>6} {:>7}  {}\n", model.name, model.origin,
               format_si(static_cast<double>(model.macs), ""), format_si(static_cast<double>(model.parameters), ""),
               model.operators, model.layout_operators, is_here(model) ? "yes" : "no");
  }
  fmt::print("\nfiles are in {}; scripts/models/get.sh NAME fetches or makes one\n\n", model_directory());
  for (const Baseline& baseline : list.baselines) {
    const Support installed = is_installed(baseline);
    fmt::print("{:26} {}\n", baseline.name, installed ? "installed" : installed.reason());
  }
}

void print_json(const std::vector<Model>& models, const BaselineList& list) {
  nlohmann::json document = {
      {"directory", model_directory()}, {"models", nlohmann::json::array()}, {"baselines", nlohmann::json::array()}};
  for (const Model& model : models) {
    document["models"].push_back({{"name", model.name},
                                  {"title", model.title},
                                  {"origin", model.origin},
                                  {"file", model.file},
                                  {"sha256", model.sha256},
                                  {"source", model.source},
                                  {"licence", model.licence},
                                  {"macs", model.macs},
                                  {"parameters", model.parameters},
                                  {"operators", model.operators},
                                  {"layout_operators", model.layout_operators},
                                  {"here", is_here(model)}});
  }
  for (const Baseline& baseline : list.baselines) {
    const Support installed = is_installed(baseline);
    document["baselines"].push_back({{"name", baseline.name},
                                     {"title", baseline.title},
                                     {"installed", static_cast<bool>(installed)},
                                     {"reason", installed.reason()},
                                     {"licence", baseline.licence},
                                     {"publish", baseline.publish},
                                     {"times", baseline.times}});
  }
  fmt::print("{}\n", dump_line(document));
}

}  // namespace

void add_models(Commands& commands) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = commands.app.add_subcommand("models", "print the models and baselines, and which are here");
  command->add_flag("--json", *as_json, "print JSON");
  command->callback([&commands, as_json] {
    commands.action = [as_json] {
      const std::vector<Model> models = load_models();
      const BaselineList list = load_baselines();
      *as_json ? print_json(models, list) : print_text(models, list);
      return kExitOk;
    };
  });
}

}  // namespace hetscope
