// Strict reading of the list of baselines.
#include "harness/baseline/baseline_list.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/core/cache_directory.hpp"
#include "harness/core/embedded_file.hpp"
#include "harness/core/registry.hpp"
#include "harness/record/json.hpp"
#include "harness/record/json_node.hpp"

namespace hetscope {

std::span<const EmbeddedFile> baseline_list_files();

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListSchema = "hetscope/baselines/1";
constexpr double kMostSeconds = 3600;
constexpr const char* kListPath = "bench/baselines/baselines.json";

std::string with(std::string word, const std::string& name, const std::string& value) {
  for (std::size_t at = word.find(name); at != std::string::npos; at = word.find(name, at + value.size())) {
    word.replace(at, name.size(), value);
  }
  return word;
}

// bench/baselines/baselines.json in the directory of the program or one of the four above it: a build tree lies in its
// checkout. "" when there is none.
std::string list_near_program() {
  std::error_code error;
  fs::path directory = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int i = 0; !error && i < 5 && !directory.empty(); ++i, directory = directory.parent_path()) {
    const fs::path path = directory / kListPath;
    if (fs::is_regular_file(path, error)) return path.string();
    error.clear();
    if (directory == directory.root_path()) break;
  }
  return {};
}

// Names of kernels stand in case lines.
void check_name(const JsonNode& node) {
  const std::string name = node.text();
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (!std::all_of(name.begin(), name.end(), is_plain)) {
    throw node.error("'" + name + "' is no name of a kernel", "use small letters, digits and '_'");
  }
}

Baseline read_baseline(const JsonNode& node, const std::string& here, const std::string& environments) {
  node.check_keys({"name", "title", "program", "environment", "precisions", "times", "licence", "publish",
                   "load_timeout_s", "run_timeout_s"});
  Baseline baseline;
  check_name(node.at("name"));
  baseline.name = node.at("name").text();
  baseline.title = node.at("title").text();
  if (const auto environment = node.find("environment")) {
    if (environment->text().find('/') != std::string::npos) throw environment->error("this is no directory's name");
    baseline.environment = environments + "/" + environment->text();
  }
  for (const JsonNode& word : node.at("program").items()) {
    baseline.program.push_back(with(with(word.text(), "{here}", here), "{environment}", baseline.environment));
  }
  baseline.precisions = node.at("precisions").texts();
  baseline.times = node.at("times").text();
  baseline.licence = node.at("licence").text();
  baseline.publish = node.at("publish").text();
  if (const auto limit = node.find("load_timeout_s")) baseline.load_timeout_s = limit->number(0.01, kMostSeconds);
  if (const auto limit = node.find("run_timeout_s")) baseline.run_timeout_s = limit->number(0.01, kMostSeconds);
  return baseline;
}

}  // namespace

std::string environment_directory() { return cache_directory("HETSCOPE_BASELINE_ENVIRONMENTS", "baselines"); }

BaselineList parse_baselines(const std::string& text, const std::string& path, const std::string& here,
                             const std::string& environments) {
  const auto document = parse_ordered_json(text, path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "reference", "baselines"});
  if (root.at("schema").text() != kListSchema) {
    throw root.at("schema").error("this is no list of baselines", "this reads '" + std::string(kListSchema) + "'");
  }
  BaselineList list;
  list.reference = root.at("reference").text();
  std::vector<std::string> names;
  for (const JsonNode& item : root.at("baselines").items()) {
    list.baselines.push_back(read_baseline(item, here, environments));
    const std::string& name = list.baselines.back().name;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      throw item.error("there are two baselines called '" + name + "'");
    }
    names.push_back(name);
  }
  if (std::find(names.begin(), names.end(), list.reference) == names.end()) {
    throw unknown_name("baseline", list.reference, names, root.at("reference").where());
  }
  return list;
}

BaselineList load_baselines() {
  std::string path = list_near_program();
  if (const char* chosen = std::getenv("HETSCOPE_BASELINES"); chosen != nullptr && *chosen != 0) path = chosen;
  if (path.empty()) {
    return parse_baselines(std::string(embedded_text(baseline_list_files(), kListPath)), kListPath, "bench/baselines",
                           environment_directory());
  }
  return parse_baselines(read_text_file(path), path, fs::absolute(path).parent_path().string(),
                         environment_directory());
}

Support is_installed(const Baseline& baseline) {
  if (!baseline.environment.empty() && !fs::exists(baseline.environment + "/installed")) {
    const bool is_begun = fs::exists(baseline.environment);
    return Support::absent(baseline.title + (is_begun ? " is half installed" : " is not installed") +
                           ": run scripts/baselines/setup.sh " + baseline.name);
  }
  for (const std::string& word : baseline.program) {
    if (word.find('/') != std::string::npos && !fs::exists(word)) {
      return Support::absent(baseline.title + ": there is no " + word);
    }
  }
  return Support::yes();
}

}  // namespace hetscope
