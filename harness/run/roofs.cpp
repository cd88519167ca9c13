// Rates against roofs: executed bytes and operations over the principal clock's median.
#include "harness/run/roofs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/units.hpp"

namespace hetscope {
namespace {

// "cpu threads=1", "opencl:0": what a roof belongs to.
std::string place_of(const Case& item) {
  std::string place;
  for (const std::string& processor : item.processors()) place += (place.empty() ? "" : ",") + processor;
  if (const AxisValue* threads = item.find("threads")) place += " threads=" + to_string(*threads);
  return place;
}

std::string key_of(const Case& item, std::string_view clock) { return fmt::format("{}|{}", place_of(item), clock); }

std::string arithmetic_of(const Case& item) {
  const auto text = [&](std::string_view axis) {
    const AxisValue* value = item.find(axis);
    return value == nullptr ? std::string() : to_string(*value);
  };
  if (const std::string accumulator = text("accumulator"); !accumulator.empty()) return accumulator;
  const std::string dtype = text("dtype");
  return dtype.empty() || dtype == "f16" ? "f32" : dtype;
}

// A roof's own type is what its probe multiplies in.
std::string probed_type_of(const Case& item) {
  const AxisValue* dtype = item.find("dtype");
  return dtype == nullptr ? "f32" : to_string(*dtype);
}

bool is_probe(const Case& item, const Operation& operation) {
  const auto probes = operation.roof_axes();
  if (probes.empty()) return true;
  return std::any_of(probes.begin(), probes.end(), [&](const auto& axes) {
    return std::all_of(axes.begin(), axes.end(), [&](const auto& axis) {
      const AxisValue* own = item.find(axis.first);
      if (own == nullptr) return false;
      if (*own == axis.second) return true;
      // [64] for 64, 2.0 for 2: complete() writes a value the way its axis is declared.
      const auto* integer = std::get_if<std::int64_t>(&axis.second);
      if (integer == nullptr) return false;
      return *own == AxisValue(Dims{*integer}) || *own == AxisValue(static_cast<double>(*integer));
    });
  });
}

struct Rate {
  double value = 0;
  double low = 0;  // of the 95 % interval
  double high = 0;
};

std::optional<Rate> rate_of(std::int64_t amount, const LatencyRecord& latency) {
  if (amount <= 0 || latency.median_ns <= 0 || latency.ci95_low_ns <= 0 || latency.ci95_high_ns <= 0) {
    return std::nullopt;
  }
  const double per_s = static_cast<double>(amount) * 1e9;
  return Rate{per_s / latency.median_ns, per_s / latency.ci95_high_ns, per_s / latency.ci95_low_ns};
}

// What is touched at least once; a kernel that reads its operands again and again has no larger working set for that.
std::int64_t working_set_of(const Record& record) {
  return record.useful_bytes > 0 ? record.useful_bytes : record.executed_bytes;
}

// `bounds`: no rate is above such a roof.
void set_share(Record& record, const std::string& metric, const Rate& rate, const Roof& roof, std::string_view unit,
               bool bounds = true) {
  record.metrics[metric] = {rate.value / roof.value, "1", roof.name};
  if (record.status != Status::ok || roof.disturbed || !bounds || rate.low <= kRoofMargin * roof.high) return;
  record.status = Status::mistrusted;
  record.reason = fmt::format(
      "{} (at least {}) is above {} times the roof {}, {} (at most {}): the executed work or the "
      "measurement is wrong",
      format_si(rate.value, unit), format_si(rate.low, unit), format_number(kRoofMargin), roof.name,
      format_si(roof.value, unit), format_si(roof.high, unit));
}

}  // namespace

void Roofs::add(const Record& record, const Catalog& catalog) {
  const Operation* operation = catalog.operations().find(record.item.operation());
  if (operation == nullptr || !operation->roof() || record.status != Status::ok || record.item.has(kLoadAxis)) return;
  const AxisValue* cache = record.item.find("cache");
  if ((cache != nullptr && to_string(*cache) == "cold") || !is_probe(record.item, *operation)) return;
  const RoofKind kind = *operation->roof();
  if (kind == RoofKind::launch) return;
  const std::string name = fmt::format("{}@{}", operation->name(), place_of(record.item));
  for (const auto& [clock, latency] : record.latencies) {
    const auto rate = rate_of(kind == RoofKind::bandwidth ? record.executed_bytes : record.executed_flops, latency);
    if (!rate) continue;
    // What the processor did in its best twentieth it can do: neighbours that slow a probe's median down must not turn
    // an honest kernel into a mistrusted one.
    const double best_per_s = latency.p05_ns > 0 ? rate->value * latency.median_ns / latency.p05_ns : 0;
    const Roof roof{name, rate->value, std::max(rate->high, best_per_s), record.conditions.load > kDisturbedLoad};
    if (kind == RoofKind::compute) {
      Roof& best = compute_[key_of(record.item, clock) + "|" + probed_type_of(record.item)];
      if (roof.value > best.value) best = roof;
      continue;
    }
    auto& points = bandwidth_[key_of(record.item, clock)];
    const std::int64_t size = working_set_of(record);
    const auto place = std::lower_bound(points.begin(), points.end(), size, [](const Point& point, std::int64_t bytes) {
      return point.working_set_bytes < bytes;
    });
    if (place == points.end() || place->working_set_bytes != size) {
      points.insert(place, {size, roof});
    } else if (roof.value > place->roof.value) {
      place->roof = roof;
    }
  }
}

std::optional<Roof> Roofs::bandwidth(const Case& item, std::int64_t working_set_bytes, std::string_view clock) const {
  const auto found = bandwidth_.find(key_of(item, clock));
  if (found == bandwidth_.end()) return std::nullopt;
  const std::vector<Point>& points = found->second;
  // What begins outside the caches comes from memory, however little it is.
  if (item.text_or("cache", "hot") == "cold") return points.back().roof;
  const auto above =
      std::upper_bound(points.begin(), points.end(), working_set_bytes,
                       [](std::int64_t bytes, const Point& point) { return bytes < point.working_set_bytes; });
  if (above == points.begin()) return above->roof;
  const Roof& below = std::prev(above)->roof;
  return above == points.end() || below.value >= above->roof.value ? below : above->roof;
}

std::optional<Roof> Roofs::compute(const Case& item, std::string_view clock) const {
  const auto found = compute_.find(key_of(item, clock) + "|" + arithmetic_of(item));
  if (found == compute_.end()) return std::nullopt;
  return found->second;
}

void Roofs::judge(Record& record, const Catalog& catalog) const {
  const LatencyRecord* latency = record.latency();
  if (record.status != Status::ok || latency == nullptr) return;
  const Operation* operation = catalog.operations().find(record.item.operation());
  const bool is_roof = operation != nullptr && operation->roof().has_value();
  if (const auto rate = rate_of(record.executed_bytes, *latency)) {
    record.metrics["bandwidth"] = {rate->value / 1e9, "GB/s", ""};
    const bool is_judged = !is_roof && (operation == nullptr || operation->is_bounded_by_copies());
    const auto roof = is_judged ? bandwidth(record.item, working_set_of(record), record.clock) : std::nullopt;
    const Kernel* kernel = catalog.kernels().find(record.item.kernel());
    const bool bounds = kernel == nullptr || !kernel->uses_textures();
    if (roof) set_share(record, "of_bandwidth_roof", *rate, *roof, "B/s", bounds);
  }
  if (const auto rate = rate_of(record.executed_flops, *latency)) {
    record.metrics["flop_rate"] = {rate->value / 1e9, "GFLOP/s", ""};
    const auto roof = is_roof ? std::nullopt : compute(record.item, record.clock);
    if (roof) set_share(record, "of_compute_roof", *rate, *roof, "FLOP/s");
  }
}

}  // namespace hetscope
