// Tools whose output comes in several formats, each with an importer of its own: what a row says of the tool, and what
// the tool times.
#pragma once

#include <string_view>

namespace hetscope {

inline constexpr std::string_view kMnnOperationTimer = "host time (gettimeofday) around the call of one operation";

inline constexpr std::string_view kOnnxruntimePerfTestTool = "onnxruntime_perf_test";
inline constexpr std::string_view kOnnxruntimePerfTestTimer = "host time around Session::Run";

inline constexpr std::string_view kOpenvinoTool = "openvino_benchmark_app";
inline constexpr std::string_view kOpenvinoTimer =
    "host time of one request; with several at a time the waiting is in it";
inline constexpr std::string_view kOpenvinoNodeTimer = "the plugin's own counter of one node";

inline constexpr std::string_view kTfliteTool = "tflite_benchmark_model";
inline constexpr std::string_view kTfliteTimer =
    "host time around Interpreter::Invoke; inputs are set before, outputs not read";

inline constexpr std::string_view kTrtexecTool = "trtexec";
inline constexpr std::string_view kTrtexecTimer = "CUDA events: upload, computation and download of one query";

}  // namespace hetscope
