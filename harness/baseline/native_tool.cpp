// Reading the entry, filling its words, finding its file.
#include "harness/baseline/native_tool.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/split_text.hpp"
#include "harness/kernel/kernel.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/run/child_process.hpp"

namespace hetscope {
namespace {

constexpr double kMostIterations = 1'000'000;
constexpr std::size_t kSha256Digits = 64;
const std::vector<std::string> kPlaceholders = {"model", "threads", "iterations", "precision"};

bool is_name_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

// Calls `found(begin, end, name)` for each {name} of `text`, which is text[begin, end).
template <class Found>
void for_each_placeholder(const std::string& text, Found&& found) {
  for (std::size_t begin = text.find('{'); begin != std::string::npos; begin = text.find('{', begin + 1)) {
    std::size_t end = begin + 1;
    while (end < text.size() && is_name_letter(text[end])) ++end;
    if (end < text.size() && text[end] == '}' && end > begin + 1) {
      found(begin, end + 1, text.substr(begin + 1, end - begin - 1));
    }
  }
}

bool is_in(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> placeholders_of(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    for_each_placeholder(text, [&](std::size_t, std::size_t, std::string name) { names.push_back(std::move(name)); });
  }
  return names;
}

std::map<std::string, std::string> texts_by_name(const JsonNode& node, std::string_view key) {
  std::map<std::string, std::string> result;
  if (const auto members = node.find(key)) {
    for (const auto& [name, value] : members->members()) result[name] = value.text();
  }
  return result;
}

// "FILE", or an object with the member `file` and further placeholders.
ToolWords read_model_words(const JsonNode& node, const std::string& here) {
  if (!node.is_object()) return {{"model", path_below(here, node.text())}};
  ToolWords words = {{"model", path_below(here, node.at("file").text())}};
  for (const auto& [name, value] : node.members()) {
    if (name == "file") continue;
    if (is_in(kPlaceholders, name)) throw value.error("{" + name + "} has a meaning already", "give it another name");
    words[name] = filled(value.text(), {{"here", here}});
  }
  return words;
}

std::string read_sha256(const JsonNode& node) {
  const std::string text = node.text();
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != kSha256Digits || !std::all_of(text.begin(), text.end(), is_digit)) {
    throw node.error("this is no SHA-256", "give 64 digits of 0-9 and a-f, as sha256sum prints them");
  }
  return text;
}

std::int64_t read_iterations(const JsonNode& node) {
  const double number = node.number(1, kMostIterations);
  if (number != std::floor(number)) throw node.error("this is no whole number");
  return static_cast<std::int64_t>(number);
}

void check_variables(const JsonNode& node, const NativeTool& tool) {
  for (const auto& [name, value] : tool.variables) {
    const bool is_broken = name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos;
    if (is_broken) throw node.at("variables").error("'" + name + "' is no variable's name");
  }
}

void check_placeholders(const JsonNode& node, const NativeTool& tool, const std::vector<std::string>& program) {
  std::vector<std::string> texts = program;
  for (const auto& [name, value] : tool.variables) texts.push_back(value);
  const std::vector<std::string> used = placeholders_of(texts);
  const auto every_model_has = [&tool](const std::string& name) {
    return !tool.models.empty() && std::all_of(tool.models.begin(), tool.models.end(),
                                               [&name](const auto& model) { return model.second.contains(name); });
  };
  for (const std::string& name : used) {
    if (is_in(kPlaceholders, name) || every_model_has(name)) continue;
    throw node.at("program").error(
        "{" + name + "} stands for nothing",
        fmt::format("there are {{{}}}, {{here}} and what each of the models has", fmt::join(kPlaceholders, "}, {")));
  }
  std::vector<std::string> needed = {"model", "threads"};
  if (tool.precisions.size() > 1) needed.emplace_back("precision");
  for (const std::string& name : needed) {
    if (is_in(used, name)) continue;
    throw node.at("program").error("the tool is not told its " + name, "put {" + name + "} where it expects it");
  }
}

// Directories between colons as they are from here: the tool works elsewhere. An empty one is this one.
std::string absolute_directories(std::string_view list) {
  std::string result;
  for (const std::string_view directory : split_text(list, ':')) {
    if (!result.empty()) result += ':';
    result += std::filesystem::absolute(directory.empty() ? std::string_view(".") : directory).string();
  }
  return result;
}

}  // namespace

std::vector<std::string> native_tool_keys() {
  return {"importer", "row", "sha256", "iterations", "models", "precisions", "variables"};
}

std::string path_below(const std::string& here, const std::string& path) {
  return (std::filesystem::path(here) / path).lexically_normal().string();
}

NativeTool read_native_tool(const JsonNode& node, const std::vector<std::string>& program, const std::string& here) {
  NativeTool tool;
  tool.importer = node.at("importer").text();
  if (const auto row = node.find("row")) tool.row = row->text();
  if (const auto hash = node.find("sha256")) tool.sha256 = read_sha256(*hash);
  if (const auto iterations = node.find("iterations")) tool.iterations = read_iterations(*iterations);
  if (const auto models = node.find("models")) {
    for (const auto& [model, words] : models->members()) tool.models[model] = read_model_words(words, here);
  }
  tool.precisions = texts_by_name(node, "precisions");
  if (tool.precisions.empty()) throw node.error("'precisions' is missing", R"(give {"f32": "what the tool calls it"})");
  tool.variables = texts_by_name(node, "variables");
  for (auto& [name, value] : tool.variables) value = filled(value, {{"here", here}});
  check_variables(node, tool);
  check_placeholders(node, tool, program);
  return tool;
}

std::string filled(const std::string& text, const ToolWords& words) {
  std::string result;
  std::size_t from = 0;
  for_each_placeholder(text, [&](std::size_t begin, std::size_t end, const std::string& name) {
    const auto word = words.find(name);
    if (word == words.end()) return;
    result += text.substr(from, begin - from) + word->second;
    from = end;
  });
  return result + text.substr(from);
}

std::vector<std::string> filled(const std::vector<std::string>& texts, const ToolWords& words) {
  std::vector<std::string> result;
  for (const std::string& text : texts) result.push_back(filled(text, words));
  return result;
}

std::vector<std::string> environment_of(const NativeTool& tool, const ToolWords& words) {
  std::map<std::string, std::string> variables;
  for (const char* name : {"HOME", "ANDROID_ROOT", "ANDROID_DATA"}) {
    if (const char* value = std::getenv(name)) variables[name] = value;
  }
  for (const char* name : {"PATH", "TMPDIR", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) variables[name] = absolute_directories(value);
  }
  variables["LC_ALL"] = "C";
  for (const auto& [name, value] : tool.variables) variables[name] = filled(value, words);
  std::vector<std::string> result;
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

ToolFile tool_file(const std::string& title, const std::string& program, const std::string& expected_sha256) {
  const std::string found = find_program(program);
  std::error_code error;
  if (found.empty() || !std::filesystem::is_regular_file(found, error)) {
    throw Declined(Support::absent(title + ": there is no program " + program));
  }
  const ToolFile file{std::filesystem::absolute(found).string(), sha256_of_file(found)};
  if (!expected_sha256.empty() && file.sha256 != expected_sha256) {
    throw Error(fmt::format("{} is another file than the list says (SHA-256 {}..., not {}...)", title,
                            file.sha256.substr(0, 12), expected_sha256.substr(0, 12)),
                file.path, "name the hash of the one that is meant");
  }
  return file;
}

}  // namespace hetscope
