// Strict reading of the list of baselines.
#include "harness/baseline/baseline_list.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/core/cache_directory.hpp"
#include "harness/core/embedded_file.hpp"
#include "harness/core/registry.hpp"
#include "harness/record/json.hpp"
#include "harness/record/json_node.hpp"
#include "harness/run/child_process.hpp"

namespace hetscope {

std::span<const EmbeddedFile> baseline_list_files();

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListSchema = "hetscope/baselines/1";
constexpr double kMostSeconds = 3600;
constexpr const char* kListPath = "bench/baselines/baselines.json";

// Whether nobody but root and the owner of the program, whom its caller trusts already, could have put it there.
bool is_as_safe_as(const fs::path& path, const struct stat& program) {
  struct stat facts;
  if (::stat(path.c_str(), &facts) != 0) return false;
  return (facts.st_uid == program.st_uid || facts.st_uid == 0) && (facts.st_mode & S_IWOTH) == 0;
}

// bench/baselines/baselines.json in the directory of the program or one of the four above it: a build tree lies in its
// checkout. "" when there is none that could only be the program's own: the list says what is started, and a program
// below /tmp would take anybody's.
std::string list_near_program() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  struct stat facts;
  if (error || ::stat("/proc/self/exe", &facts) != 0) return {};
  fs::path directory = program.parent_path();
  for (int i = 0; i < 5 && !directory.empty(); ++i, directory = directory.parent_path()) {
    const fs::path path = fs::canonical(directory / kListPath, error);
    if (!error && is_as_safe_as(path, facts) && is_as_safe_as(path.parent_path(), facts)) return path.string();
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

// Whether the entry is a tool; the other kind need not be named.
bool is_tool(const JsonNode& node) {
  const auto kind = node.find("kind");
  if (!kind || kind->text() == "protocol") return false;
  if (kind->text() != "tool") throw kind->error("there is no such kind of baseline", "use 'protocol' or 'tool'");
  return true;
}

// Relative paths of a tool are below `here`; a name without '/' is looked up in $PATH.
void read_tool(const JsonNode& node, const std::string& here, Baseline& baseline) {
  std::string& file = baseline.program.front();
  if (file.find('/') != std::string::npos) file = path_below(here, file);
  baseline.tool = read_native_tool(node, baseline.program, here);
  for (const auto& [precision, word] : baseline.tool->precisions) baseline.precisions.push_back(precision);
}

Baseline read_baseline(const JsonNode& node, const std::string& here, const std::string& environments) {
  std::vector<std::string> keys = {"kind", "name", "title", "program", "times", "licence", "publish", "run_timeout_s"};
  const std::vector<std::string> others =
      is_tool(node) ? native_tool_keys() : std::vector<std::string>{"environment", "precisions", "load_timeout_s"};
  keys.insert(keys.end(), others.begin(), others.end());
  node.check_keys(keys);
  Baseline baseline;
  check_name(node.at("name"));
  baseline.name = node.at("name").text();
  baseline.title = node.at("title").text();
  if (const auto environment = node.find("environment")) {
    if (environment->text().find('/') != std::string::npos) throw environment->error("this is no directory's name");
    baseline.environment = environments + "/" + environment->text();
  }
  for (const JsonNode& word : node.at("program").items()) {
    ToolWords directories = {{"here", here}};
    if (!is_tool(node)) directories["environment"] = baseline.environment;
    baseline.program.push_back(filled(word.text(), directories));
  }
  if (is_tool(node)) {
    read_tool(node, here, baseline);
  } else {
    baseline.precisions = node.at("precisions").texts();
  }
  baseline.times = node.at("times").text();
  baseline.licence = node.at("licence").text();
  baseline.publish = node.at("publish").text();
  if (const auto limit = node.find("load_timeout_s")) baseline.load_timeout_s = limit->number(0.01, kMostSeconds);
  if (const auto limit = node.find("run_timeout_s")) baseline.run_timeout_s = limit->number(0.01, kMostSeconds);
  return baseline;
}

const Baseline* find_baseline(const BaselineList& list, const std::string& name) {
  const auto found = std::find_if(list.baselines.begin(), list.baselines.end(),
                                  [&](const Baseline& baseline) { return baseline.name == name; });
  return found == list.baselines.end() ? nullptr : &*found;
}

void read_reference(const JsonNode& node, BaselineList& list) {
  list.reference = node.text();
  const Baseline* baseline = find_baseline(list, list.reference);
  if (baseline == nullptr) {
    std::vector<std::string> names;
    for (const Baseline& other : list.baselines) names.push_back(other.name);
    throw unknown_name("baseline", list.reference, names, node.where());
  }
  if (baseline->tool)
    throw node.error("'" + list.reference + "' is a tool, which hands out no results to compare with");
}

BaselineList list_at(const std::string& path) {
  return parse_baselines(read_text_file(path), path, fs::absolute(path).parent_path().string(),
                         environment_directory());
}

// The one that comes with the program.
BaselineList own_list() {
  const std::string path = list_near_program();
  BaselineList list = !path.empty() ? list_at(path)
                                    : parse_baselines(std::string(embedded_text(baseline_list_files(), kListPath)),
                                                      kListPath, "bench/baselines", environment_directory());
  if (list.reference.empty()) throw Error("the list names no reference", path.empty() ? kListPath : path);
  return list;
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
  for (const JsonNode& item : root.at("baselines").items()) {
    Baseline baseline = read_baseline(item, here, environments);
    if (find_baseline(list, baseline.name) != nullptr) {
      throw item.error("there are two baselines called '" + baseline.name + "'");
    }
    list.baselines.push_back(std::move(baseline));
  }
  if (const auto reference = root.find("reference")) read_reference(*reference, list);
  return list;
}

BaselineList load_baselines() {
  const char* chosen = std::getenv("HETSCOPE_BASELINES");
  if (chosen == nullptr || *chosen == 0) return own_list();
  BaselineList added = list_at(chosen);
  if (!added.reference.empty()) return added;
  BaselineList list = own_list();
  for (Baseline& baseline : added.baselines) {
    if (find_baseline(list, baseline.name) != nullptr) {
      throw Error("there is a baseline called '" + baseline.name + "' already", chosen, "give it another name");
    }
    list.baselines.push_back(std::move(baseline));
  }
  return list;
}

Support is_installed(const Baseline& baseline) {
  std::error_code error;  // what cannot be looked at is not there
  if (baseline.tool) {
    const std::string& program = baseline.program.front();
    const std::string file = find_program(program);
    if (!file.empty() && fs::is_regular_file(file, error)) return Support::yes();
    return Support::absent(baseline.title + ": there is no program " + program +
                           (file.empty() ? " in the directories of $PATH" : ""));
  }
  if (!baseline.environment.empty() && !fs::exists(baseline.environment + "/installed", error)) {
    const bool is_begun = fs::exists(baseline.environment, error);
    return Support::absent(baseline.title + (is_begun ? " is half installed" : " is not installed") +
                           ": run scripts/baselines/setup.sh " + baseline.name);
  }
  for (const std::string& word : baseline.program) {
    if (word.find('/') != std::string::npos && !fs::exists(word, error)) {
      return Support::absent(baseline.title + ": there is no " + word);
    }
  }
  return Support::yes();
}

}  // namespace hetscope
