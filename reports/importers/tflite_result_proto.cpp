// The file of benchmark_model --result_file_path: a serialised tflite.tools.benchmark.BenchmarkResult. Latencies are ms
// in 32-bit floats, whose value is taken as it is; fields that are not known are passed over.
#include <cmath>
#include <limits>

#include "harness/core/error.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/proto_wire.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

struct BenchmarkResult {
  std::string_view name;
  double latency_ms[11] = {kNoFigure, kNoFigure, kNoFigure, kNoFigure, kNoFigure, kNoFigure,
                           kNoFigure, kNoFigure, kNoFigure, kNoFigure, kNoFigure};  // by field number
  double peak_memory_mb = kNoFigure;
  double model_size_mb = kNoFigure;
  std::int64_t runs = 0;
  bool has_latency = false;
  bool is_broken = false;
  bool has_unknown = false;

  explicit BenchmarkResult(std::string_view message) {
    ProtoReader reader(message);
    while (const auto field = reader.next()) {
      if (field->type != ProtoField::Type::bytes || field->number > 4) {
        has_unknown = true;
      } else if (field->number == 1) {
        name = field->bytes;
      } else {
        read_part(field->number, field->bytes);
      }
    }
    is_broken = is_broken || reader.is_broken();
  }

 private:
  void read_part(std::uint32_t part, std::string_view message) {
    has_latency = has_latency || part == 2;
    ProtoReader reader(message);
    while (const auto field = reader.next()) {
      const bool is_float = field->type == ProtoField::Type::fixed32;
      if (part == 2 && is_float && field->number <= 10) {
        latency_ms[field->number] = field->as_float();
      } else if (part == 3 && is_float && field->number == 3) {
        peak_memory_mb = field->as_float();
      } else if (part == 4 && is_float && field->number == 1) {
        model_size_mb = field->as_float();
      } else if (part == 4 && field->type == ProtoField::Type::varint && field->number == 2) {
        if (field->bits <= std::numeric_limits<std::int32_t>::max()) runs = static_cast<std::int64_t>(field->bits);
      } else if (field->number > 10) {
        has_unknown = true;
      }
    }
    is_broken = is_broken || reader.is_broken();
  }
};

class TfliteResultProto final : public Importer {
 public:
  std::string_view name() const override { return "tflite_result_proto"; }
  std::string_view description() const override { return "TFLite benchmark_model --result_file_path, binary"; }
  int detects(std::string_view text) const override {
    if (text.size() > 65536) return 0;
    const BenchmarkResult result(text);
    return result.has_latency && !result.is_broken && !result.has_unknown && std::isfinite(result.latency_ms[1]) ? 70
                                                                                                                 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    const BenchmarkResult proto(input.text);
    if (proto.is_broken)
      throw Error("is no whole BenchmarkResult message", input.path, "copy the file again, in binary mode");
    ImportResult result;
    result.tool = kTfliteTool;
    if (!proto.has_latency) return result;
    const auto ns = [&proto](int field) { return proto.latency_ms[field] * 1e6; };
    Record record = row_of(model_case(input, kTfliteTool, proto.name, ""), nullptr, kTfliteTimer);
    if (std::isfinite(ns(5))) {
      LatencyRecord latency = printed_median(ns(5), ns(1), proto.runs);
      latency.p05_ns = ns(6);
      latency.p95_ns = ns(7);
      add_latency(record, kTfliteTool, latency);
    } else {
      add_latency(record, kTfliteTool, printed_mean(ns(1), proto.runs));
    }
    add_metric(record, "min_ns", ns(2), "ns");
    add_metric(record, "max_ns", ns(3), "ns");
    add_metric(record, "stddev_ns", ns(4), "ns");
    add_metric(record, "first_inference_ns", ns(9), "ns");
    add_metric(record, "warm_up_mean_ns", ns(10), "ns");
    add_metric(record, "peak_memory_mb", proto.peak_memory_mb, "MB");
    add_metric(record, "model_size_mb", proto.model_size_mb, "MB");
    record.prepare_ns = ns(8);
    result.records.push_back(std::move(record));
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(tflite_result_proto, TfliteResultProto)

}  // namespace hetscope
