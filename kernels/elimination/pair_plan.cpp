// Plans are made of index maps alone; what they cost is up to the processor.
#include "kernels/elimination/pair_plan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kFirstWeights = 1;  // x is input 0

TensorView plain(const Shape& shape) { return {DType::f32, shape, Layout::row_major(shape.rank()), Storage::buffer}; }

bool is_fixed(const PairOperator& item) { return item.is_movement(); }

RowStage stage_of(const PairOperator& item, const Shape& input, std::size_t weights) {
  const Shape output = item.output(input);
  return {item.kind, input[input.rank() - 1], output[output.rank() - 1],
          item.kind == OperatorKind::matmul ? weights : 0};
}

class Planner {
 public:
  explicit Planner(const PairProblem& problem) : problem_(problem) {}

  PairPlan op_by_op() const {
    PairPlan plan;
    append(plan, problem_.first, problem_.x, kFirstWeights);
    if (problem_.between) append(plan, *problem_.between, problem_.u, kFirstWeights);
    append(plan, problem_.second, problem_.v, second_weights());
    if (plan.passes.empty()) plan.passes.push_back({plain(problem_.y), plain(problem_.y), {}});
    return plan;
  }

  PairPlan gather(bool simplifies) const {
    PairPlan plan;
    if (is_fixed(problem_.first) && is_fixed(problem_.second)) {
      plan.passes.push_back(gather_of(both_maps(), simplifies));
    } else if (is_fixed(problem_.first)) {
      plan.passes.push_back(gather_of(problem_.first.map(problem_.x), simplifies));
      append(plan, problem_.second, problem_.u, kFirstWeights);
    } else {
      append(plan, problem_.first, problem_.x, kFirstWeights);
      plan.passes.push_back(gather_of(problem_.second.map(problem_.u), simplifies));
    }
    return plan;
  }

  // nullopt: the second operator can neither be folded into stores nor moved before the first.
  std::optional<PairPlan> folded() const {
    if (is_fixed(problem_.first) && is_fixed(problem_.second)) {
      return PairPlan{{{plain(problem_.x).through(both_maps()).simplified(), plain(problem_.y), {}}}};
    }
    if (is_fixed(problem_.first)) {
      return PairPlan{{{plain(problem_.x).through(problem_.first.map(problem_.x)).simplified(),
                        plain(problem_.y),
                        {stage_of(problem_.second, problem_.u, kFirstWeights)}}}};
    }
    const IndexMap map = problem_.second.map(problem_.u);
    const RowStage stage = stage_of(problem_.first, problem_.x, kFirstWeights);
    if (const std::optional<IndexMap> inverse = map.inverted()) {
      return PairPlan{{{plain(problem_.x), plain(problem_.y).through(*inverse).simplified(), {stage}}}};
    }
    // Rows, or elements, that nobody wants are not computed: the operator reads through the map instead.
    if (!works_on_elements(stage.kind) && !problem_.second.keeps_rows(problem_.u)) return std::nullopt;
    const TensorView read = plain(problem_.x).through(problem_.second.map(problem_.x)).simplified();
    const std::int64_t row = read.shape()[read.shape().rank() - 1];
    const RowStage moved = works_on_elements(stage.kind) ? RowStage{stage.kind, row, row, 0} : stage;
    return PairPlan{{{read, plain(problem_.y), {moved}}}};
  }

  // Throws Error where what stands between cannot be written through.
  PairPlan consumer_layout() const {
    const std::optional<IndexMap> inverse = problem_.between->map(problem_.u).inverted();
    if (!inverse) throw Error("what stands between the operators is no bijection");
    return {{{plain(problem_.x),
              plain(problem_.v).through(*inverse).simplified(),
              {stage_of(problem_.first, problem_.x, kFirstWeights)}},
             {plain(problem_.v), plain(problem_.y), {stage_of(problem_.second, problem_.v, second_weights())}}}};
  }

  PairPlan producer_layout() const {
    return {{{plain(problem_.x), plain(problem_.u), {stage_of(problem_.first, problem_.x, kFirstWeights)}},
             {plain(problem_.u).through(problem_.between->map(problem_.u)).simplified(),
              plain(problem_.y),
              {stage_of(problem_.second, problem_.v, second_weights())}}}};
  }

  PairPlan fused() const {
    return {{{plain(problem_.x),
              plain(problem_.y),
              {stage_of(problem_.first, problem_.x, kFirstWeights),
               stage_of(problem_.second, problem_.u, second_weights())}}}};
  }

 private:
  std::size_t second_weights() const { return kFirstWeights + (problem_.first.kind == OperatorKind::matmul ? 1 : 0); }
  IndexMap both_maps() const { return compose(problem_.second.map(problem_.u), problem_.first.map(problem_.x)); }

  static void append(PairPlan& plan, const PairOperator& item, const Shape& input, std::size_t weights) {
    if (!item.is_movement()) {
      plan.passes.push_back({plain(input), plain(item.output(input)), {stage_of(item, input, weights)}});
      return;
    }
    IndexMap pending = IndexMap::identity(input);
    for (const MovementStep& step : item.steps) {
      pending = compose(step.map(pending.output()), pending);
      if (step.kind == MovementStep::Kind::reshape) continue;
      const Shape output = pending.output();
      plan.passes.push_back({plain(pending.sources().front()).through(pending).simplified(), plain(output), {}});
      pending = IndexMap::identity(output);
    }
  }

  static PairPass gather_of(const IndexMap& map, bool simplifies) {
    const Shape line{map.output().element_count()};
    const IndexMap by_place = compose(IndexMap::reshape(map.output(), line), map);
    PairPass pass{plain(map.sources().front()).through(by_place), plain(line), {}};
    pass.is_gather = true;
    pass.simplifies = simplifies;
    return pass;
  }

  const PairProblem& problem_;
};

std::int64_t flops_of(const RowStage& stage) {
  switch (stage.kind) {
    case OperatorKind::matmul:
      return 2 * stage.in * stage.out;
    case OperatorKind::softmax:
      return 4 * stage.in;  // greatest, difference, sum, quotient
    case OperatorKind::layer_norm:
      return 6 * stage.in;  // sum, difference, square, sum, difference, product
    case OperatorKind::relu:
    case OperatorKind::gelu:
    case OperatorKind::silu:
      return operations_of_element(stage.kind) * stage.in;
    case OperatorKind::sum:
      return stage.in;
    case OperatorKind::movement:
      return 0;
  }
  return 0;
}

}  // namespace

PairProblem::PairProblem(const Case& item)
    : first(PairOperator::parse(item.text("first"))),
      second(PairOperator::parse(item.text("second"))),
      x(item.dims("shape")),
      u(first.output(x)),
      v(u),
      y(u) {
  if (item.has("between")) {
    between = PairOperator::parse(item.text("between"));
    v = between->output(u);
  }
  y = second.output(v);
}

PairAction action_of(const PairProblem& problem) {
  const bool first = is_fixed(problem.first);
  const bool second = is_fixed(problem.second);
  if (first && second) return PairAction::eliminate_both;
  if (first) return PairAction::eliminate_first;
  if (second) return PairAction::eliminate_second;
  const bool both_dependent = problem.first.operator_class() == OperatorClass::ild_variable &&
                              problem.second.operator_class() == OperatorClass::ild_variable;
  return both_dependent ? PairAction::keep_both : PairAction::try_fuse;
}

std::string_view to_string(PairAction action) {
  constexpr std::array<std::string_view, 5> kNames = {"Keep both", "Try fuse", "Eliminate 1st", "Eliminate 2nd",
                                                      "Eliminate both"};
  return kNames.at(static_cast<std::size_t>(action));
}

std::string_view to_string(PairMethod method) {
  constexpr std::array<std::string_view, 7> kNames = {"op_by_op", "gather_naive",    "gather_simplified", "folded",
                                                      "fused",    "consumer_layout", "producer_layout"};
  return kNames.at(static_cast<std::size_t>(method));
}

namespace {

Support supports_layout(const PairProblem& problem, PairMethod method) {
  if (!problem.between) return Support::no("nothing stands between the operators: there is one layout");
  if (is_fixed(problem.first) || is_fixed(problem.second)) {
    return Support::no("a Fixed operator asks for no layout");
  }
  if (method == PairMethod::consumer_layout && !problem.between->map(problem.u).inverted()) {
    return Support::no("what stands between the operators is no bijection: nothing can be written through it");
  }
  return Support::yes();
}

}  // namespace

std::int64_t PairPass::rows() const { return stages.empty() ? 1 : read.shape().element_count() / stages.front().in; }

Work PairPass::work() const {
  Work work{4 * (read.shape().element_count() + write.shape().element_count()), 0};
  for (const RowStage& stage : stages) {
    if (stage.kind == OperatorKind::matmul) work.bytes += 4 * stage.in * stage.out;
    work.flops += rows() * flops_of(stage);
  }
  return work;
}

Work PairPlan::work() const {
  Work sum;
  for (const PairPass& pass : passes) {
    sum.bytes += pass.work().bytes;
    sum.flops += pass.work().flops;
  }
  return sum;
}

Support supports_method(const PairProblem& problem, PairMethod method) {
  const bool is_layout = method == PairMethod::consumer_layout || method == PairMethod::producer_layout;
  if (problem.between && !is_layout && method != PairMethod::op_by_op) {
    return Support::no("movements stand between the operators: this way knows two neighbours only");
  }
  const PairAction action = action_of(problem);
  const bool has_fixed = action != PairAction::keep_both && action != PairAction::try_fuse;
  switch (method) {
    case PairMethod::op_by_op:
      return Support::yes();
    case PairMethod::gather_naive:
    case PairMethod::gather_simplified:
      return has_fixed ? Support::yes() : Support::no("neither operator is Fixed: there is nothing to gather");
    case PairMethod::folded:
      if (!has_fixed) return Support::no("neither operator is Fixed: there is nothing to fold");
      if (!Planner(problem).folded()) {
        return Support::no(
            "the second operator takes part of the rows that the first one makes: stores through it "
            "would need a mask");
      }
      return Support::yes();
    case PairMethod::fused:
      if (has_fixed) return Support::no("a Fixed operator is folded, not fused");
      if (action == PairAction::keep_both) {
        return Support::no("both operators are ILD & Variable: table 5 keeps both");
      }
      return Support::yes();
    case PairMethod::consumer_layout:
    case PairMethod::producer_layout:
      return supports_layout(problem, method);
  }
  return Support::no("unknown method");
}

PairPlan plan_pair(const PairProblem& problem, PairMethod method) {
  const Planner planner(problem);
  switch (method) {
    case PairMethod::op_by_op:
      return planner.op_by_op();
    case PairMethod::gather_naive:
    case PairMethod::gather_simplified:
      return planner.gather(method == PairMethod::gather_simplified);
    case PairMethod::folded:
      if (std::optional<PairPlan> plan = planner.folded()) return *std::move(plan);
      throw Error("the second operator cannot be folded into the first one's stores");
    case PairMethod::fused:
      return planner.fused();
    case PairMethod::consumer_layout:
      return planner.consumer_layout();
    case PairMethod::producer_layout:
      return planner.producer_layout();
  }
  throw Error("unknown method");
}

}  // namespace hetscope
