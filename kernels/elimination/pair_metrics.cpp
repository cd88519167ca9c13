// Counted when a pair is prepared.
#include "kernels/elimination/pair_metrics.hpp"

#include "harness/tensor/index_print.hpp"

namespace hetscope {

IndexOperations index_operations(const PairPass& pass) {
  const IndexMap offsets = pass.read.offsets();
  return count_operations(pass.simplifies ? offsets.simplified() : offsets);
}

PairReport::PairReport(const PairProblem& problem, PairMethod method)
    : elements_(static_cast<double>(problem.y.element_count())) {
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
}

Metrics PairReport::metrics() const {
  return {{"launches", {launches_, "1", ""}},
          {"div_mod_per_element", {divisions_ / elements_, "1", ""}},
          {"bytes_moved", {bytes_, "B", ""}}};
}

}  // namespace hetscope
