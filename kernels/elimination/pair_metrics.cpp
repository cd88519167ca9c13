// Counted when a pair is prepared.
#include "kernels/elimination/pair_metrics.hpp"

#include "harness/tensor/index_print.hpp"

namespace hetscope {
namespace {

int all_of(const IndexOperations& operations) {
  return operations.divisions_and_remainders() + operations.shifts + operations.masks + operations.multiplications +
         operations.additions + operations.lookups + operations.comparisons;
}

}  // namespace

IndexOperations index_operations(const PairPass& pass) {
  const IndexMap offsets = pass.read.offsets();
  return count_operations(pass.simplifies ? offsets.simplified() : offsets);
}

PairReport::PairReport(const PairProblem& problem, PairMethod method)
    : elements_(static_cast<double>(problem.y.element_count())) {
  for (const PairOperator* item : {&problem.first, &problem.second}) {
    movements_ += static_cast<double>(item->steps.size());
  }
  if (problem.between) movements_ += static_cast<double>(problem.between->steps.size());
  notes_["cell"] = std::string(to_string(problem.first.operator_class())) + " -> " +
                   std::string(to_string(problem.second.operator_class()));
  notes_["table 5"] = to_string(action_of(problem));
  notes_["method"] = to_string(method);
}

void PairReport::count(const PairPlan& plan) {
  launches_ += static_cast<double>(plan.passes.size());
  bytes_ += static_cast<double>(plan.work().bytes);
}

void PairReport::count_index(std::int64_t elements, const IndexOperations& operations) {
  divisions_ += operations.divisions_and_remainders() * static_cast<double>(elements);
  index_operations_ += all_of(operations) * static_cast<double>(elements);
}

Metrics PairReport::metrics() const {
  Metrics metrics = {{"launches", {launches_, "1", ""}},
                     {"movements", {movements_, "1", ""}},
                     {"div_mod_per_element", {divisions_ / elements_, "1", ""}},
                     {"bytes_moved", {bytes_, "B", ""}}};
  if (index_operations_ > 0) metrics["index_operations_per_element"] = {index_operations_ / elements_, "1", ""};
  return metrics;
}

}  // namespace hetscope
