// Layouts by reduction dimension, and passes from and to them.
#include "kernels/consumers/consumers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/decimal.hpp"
#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"

namespace hetscope {
namespace {

constexpr int kPackedLanes = 4;
constexpr std::size_t kMostConsumers = 8;
constexpr std::size_t kMostCopies = 8;
constexpr std::int64_t kMostColumns = std::int64_t{1} << 16;

Error bad_consumer(std::string_view text) {
  return Error("unknown consumer '" + std::string(text) + "'", {},
               "use sum:DIM, softmax:DIM, layer_norm:DIM or matmul:DIM:COLUMNS, with / between several");
}

std::int64_t number_of(std::string_view digits, std::string_view whole) {
  const auto number = read_whole(digits);
  if (!number || *number < 0) throw bad_consumer(whole);
  return *number;
}

Layout layout_for(int rank, const std::vector<int>& dims, int reached) {
  const std::vector<int> order = order_with_last(rank, dims[0]);
  if (reached < 2) return Layout(order);
  return Layout(order, dims.size() > 1 ? dims[1] : dims[0], kPackedLanes);
}

TensorView plain(const Shape& shape, Storage storage = Storage::buffer) {
  return {DType::f32, shape, Layout::row_major(shape.rank()), storage};
}

std::vector<Layout> layouts_of(const Case& item, const std::vector<Consumer>& consumers) {
  const std::string& text = item.text("layout");
  std::vector<int> dims;
  for (const Consumer& consumer : consumers) dims.push_back(consumer.dim);
  for (const int reached : {1, 2}) {
    const std::string name = "k" + std::to_string(reached);
    if (text == name) return layouts_by_reduction(kConsumedRank, dims, reached, false);
    if (text == name + "_copies") return layouts_by_reduction(kConsumedRank, dims, reached, true);
  }
  std::vector<Layout> layouts;
  for (const std::string_view part : split_text(text, '+')) layouts.push_back(Layout::parse(part, kConsumedRank));
  if (layouts.size() > kMostCopies) throw Error("more than 8 copies", item.line(), "name fewer layouts");
  return layouts;
}

}  // namespace

Consumer Consumer::parse(std::string_view text, const Shape& shape) {
  const std::vector<std::string_view> words = split_text(text, ':');
  Consumer consumer;
  if (words[0] == "sum") {
    consumer.kind = OperatorKind::sum;
  } else if (words[0] == "softmax") {
    consumer.kind = OperatorKind::softmax;
  } else if (words[0] == "layer_norm") {
    consumer.kind = OperatorKind::layer_norm;
  } else if (words[0] == "matmul") {
    consumer.kind = OperatorKind::matmul;
  } else {
    throw bad_consumer(text);
  }
  const std::size_t numbers = consumer.kind == OperatorKind::matmul ? 2 : 1;
  if (words.size() != numbers + 1) throw bad_consumer(text);
  const std::int64_t dim = number_of(words[1], text);
  if (dim >= shape.rank()) {
    throw Error("consumer '" + std::string(text) + "': no such dimension in " + shape.to_string(), {},
                "give one from 0 to " + std::to_string(shape.rank() - 1));
  }
  consumer.dim = static_cast<int>(dim);
  if (numbers == 1) return consumer;
  consumer.columns = number_of(words[2], text);
  if (consumer.columns < 1 || consumer.columns > kMostColumns) throw bad_consumer(text);
  return consumer;
}

bool serves(const Layout& layout, int dim) { return layout.order().back() == dim || layout.packed_dim() == dim; }

std::vector<Layout> layouts_by_reduction(int rank, std::vector<int> dims, int reached, bool copies) {
  std::vector<int> distinct;
  for (const int dim : dims) {
    if (std::ranges::find(distinct, dim) == distinct.end()) distinct.push_back(dim);
  }
  std::vector<Layout> layouts;
  const auto step = static_cast<std::size_t>(reached);
  for (std::size_t at = 0; at < distinct.size() && (copies || at == 0); at += step) {
    const std::size_t end = std::min(at + step, distinct.size());
    layouts.push_back(layout_for(
        rank, {distinct.begin() + static_cast<long>(at), distinct.begin() + static_cast<long>(end)}, reached));
  }
  return layouts;
}

ConsumerProblem::ConsumerProblem(const Case& item)
    : x(item.dims("shape")), has_producer(item.text("producer") == "relu") {
  if (x.rank() != kConsumedRank) {
    throw Error("shape " + x.to_string() + " has rank " + std::to_string(x.rank()), item.line(), "give 3 extents");
  }
  for (const std::string_view part : split_text(item.text("consumers"), '/')) {
    consumers.push_back(Consumer::parse(part, x));
  }
  if (consumers.size() > kMostConsumers) throw Error("more than 8 consumers", item.line(), "name fewer");
  copies = layouts_of(item, consumers);
}

std::size_t ConsumerProblem::copy_for(const Consumer& consumer) const {
  const auto found = std::ranges::find_if(copies, [&](const Layout& copy) { return serves(copy, consumer.dim); });
  return found == copies.end() ? 0 : static_cast<std::size_t>(found - copies.begin());
}

std::vector<PairPass> ConsumerProblem::producing() const {
  std::vector<PairPass> passes;
  if (!has_producer) return passes;
  const std::int64_t row = x[x.rank() - 1];
  for (const Layout& copy : copies) {
    passes.push_back({plain(x), TensorView(DType::f32, x, copy, Storage::buffer), {{OperatorKind::relu, row, row, 0}}});
  }
  return passes;
}

std::vector<PairPass> ConsumerProblem::consuming(Storage storage) const {
  std::vector<PairPass> passes;
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    const Consumer& consumer = consumers[i];
    const std::vector<int> order = order_with_last(x.rank(), consumer.dim);
    const TensorView copy(DType::f32, x, copies[copy_for(consumer)], storage);
    const Shape made = result(consumer);
    const std::size_t weights = consumer.kind == OperatorKind::matmul ? i + 1 : 0;
    passes.push_back({copy.through(IndexMap::transpose(x, order)).simplified(),
                      plain(made),
                      {{consumer.kind, x[consumer.dim], made[made.rank() - 1], weights}}});
  }
  return passes;
}

Shape ConsumerProblem::result(const Consumer& consumer) const {
  std::vector<std::int64_t> dims;
  for (const int dim : order_with_last(x.rank(), consumer.dim)) dims.push_back(x[dim]);
  if (consumer.kind == OperatorKind::sum) dims.back() = 1;
  if (consumer.kind == OperatorKind::matmul) dims.back() = consumer.columns;
  return Shape(dims);
}

Work ConsumerProblem::executed_work() const {
  Work work;
  for (const auto& passes : {producing(), consuming(Storage::buffer)}) {
    for (const PairPass& pass : passes) {
      work.bytes += pass.work().bytes;
      work.flops += pass.work().flops;
    }
  }
  return work;
}

Work ConsumerProblem::work() const {
  Work work{4 * x.element_count(), has_producer ? x.element_count() : 0};
  for (const PairPass& pass : consuming(Storage::buffer)) {
    const Work part = pass.work();
    work.bytes += part.bytes - 4 * x.element_count();  // x is read once, whoever reads it
    work.flops += part.flops;
  }
  return work;
}

Metrics consumer_metrics(const ConsumerProblem& problem) {
  double bytes = 0;
  for (const Layout& copy : problem.copies) bytes += 4 * static_cast<double>(copy.storage_elements(problem.x));
  const auto served = std::ranges::count_if(problem.consumers, [&](const Consumer& consumer) {
    return serves(problem.copies[problem.copy_for(consumer)], consumer.dim);
  });
  return {{"copies", {static_cast<double>(problem.copies.size()), "1", ""}},
          {"copied_bytes", {bytes, "B", ""}},
          {"served", {static_cast<double>(served), "1", ""}}};
}

std::map<std::string, std::string> consumer_notes(const ConsumerProblem& problem) {
  std::string layouts;
  for (const Layout& copy : problem.copies) layouts += (layouts.empty() ? "" : " + ") + copy.name();
  std::string reads;
  for (const Consumer& consumer : problem.consumers) {
    reads += fmt::format("{}dimension {} of copy {}", reads.empty() ? "" : ", ", consumer.dim,
                         problem.copy_for(consumer) + 1);
  }
  return {{"layouts", layouts}, {"reads", reads}};
}

}  // namespace hetscope
