// The table of MNN's forward types.
#include "reports/importers/mnn_backend.hpp"

#include <array>
#include <utility>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"

namespace hetscope {
namespace {

constexpr std::array<std::pair<std::int64_t, std::string_view>, 8> kForwardTypes = {
    {{0, "cpu"}, {1, "metal"}, {2, "cuda"}, {3, "opencl"}, {5, "nn"}, {6, "opengl"}, {7, "vulkan"}, {10, "hexagon"}}};

}  // namespace

std::string mnn_processor(std::int64_t forward_type) {
  for (const auto& [number, name] : kForwardTypes) {
    if (number == forward_type) return std::string(name);
  }
  return {};
}

std::string mnn_processor(std::string_view printed_name) {
  std::string name = lowered(printed_name);
  return name == "n/a" ? std::string() : name;
}

void add_mnn_operation_time(Record& record, double mean_ns, std::int64_t n) {
  const std::string& processor = record.item.processors().front();
  const bool is_cpu = processor.starts_with("cpu");
  add_latency(record, is_cpu ? "mnn_operation" : "mnn_schedule", printed_mean(mean_ns, n));
  if (is_cpu) return;
  record.status = Status::mistrusted;
  record.reason = processor == kUnknownProcessor
                      ? "the back end is not printed; on any but the CPU this is the time to enqueue the operation"
                      : "on " + processor + " this is the time to enqueue the operation, not to execute it";
}

}  // namespace hetscope
