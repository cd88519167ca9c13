// A framework's own benchmark program (benchncnn, benchmark_model, ...), which speaks no protocol: how it is called,
// what its words stand for, and which file it is. It is started without a shell, with an environment of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/core/support.hpp"
#include "harness/record/json_node.hpp"

namespace hetscope {

// What the placeholders of a tool's words stand for: {model}, {threads}, {iterations} and {precision}, and those that
// each of its models brings ({shape}).
using ToolWords = std::map<std::string, std::string>;

// Members of a list's entry of the kind "tool", besides those that all baselines have.
struct NativeTool {
  std::string importer;                           // which of `hetscope import`'s formats it prints
  std::string row;                                // words of the one result that is meant where it prints several
  std::string sha256;                             // that its file must have; "": whatever lies there counts
  std::int64_t iterations = 10;                   // inferences that it is asked for in a launch
  std::map<std::string, ToolWords> models;        // {model} is the file that it reads; none: the model's own ONNX file
  std::map<std::string, std::string> precisions;  // what it calls each
  std::map<std::string, std::string> variables;   // of its environment, besides the few that every tool gets
};

// Names of the members, for the list's reader.
std::vector<std::string> native_tool_keys();
// Reads them. `program` are the entry's words, with {here} put in; relative paths are below `here`. Throws Error for a
// placeholder that stands for nothing, and where {model} or {threads} is missing: what is not passed on is not what was
// measured.
NativeTool read_native_tool(const JsonNode& node, const std::vector<std::string>& program, const std::string& here);
// `path` itself when it is absolute, else below `here`.
std::string path_below(const std::string& here, const std::string& path);

// The text with its placeholders filled, in one pass: what is put in is not looked at again.
std::string filled(const std::string& text, const ToolWords& words);
std::vector<std::string> filled(const std::vector<std::string>& texts, const ToolWords& words);
// "NAME=value" of everything that the tool finds in its environment: where programs, libraries and its home are, and
// temporary files go, as here; numbers with a point (LC_ALL=C); and its own variables.
std::vector<std::string> environment_of(const NativeTool& tool, const ToolWords& words);

// The tool's file and its hash. Throws Declined when it is not there, Error when it is another than the list says.
struct ToolFile {
  std::string path;
  std::string sha256;
};
ToolFile tool_file(const std::string& title, const std::string& program, const std::string& expected_sha256);

}  // namespace hetscope
