// What the names in an experiment mean on the processors that exist: its kernels, the places where they run, its axes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/run/scenario.hpp"

namespace hetscope {

// One processor, or several that share one case.
using Place = std::vector<ProcessorInfo>;

class ExperimentScope {
 public:
  // `where` is the experiment's place in its file. Throws Error for a name that stands for nothing, an axis that
  // appears twice, a value that its axis does not take and a load that cannot run. The arguments outlive the scope.
  ExperimentScope(const Experiment& experiment, const Catalog& catalog, const std::vector<ProcessorInfo>& processors,
                  std::string where);

  const std::string& where() const noexcept { return where_; }
  const Operation& operation() const noexcept { return *operation_; }
  const std::vector<const Kernel*>& kernels() const noexcept { return kernels_; }
  const std::vector<Place>& places() const noexcept { return places_; }
  // As the first of the kernels that knows it has it; nullptr when none does.
  const AxisSpec* find_axis(std::string_view name) const;

  // threads = "all": as many as the place has.
  static bool is_all_threads(std::string_view name, const AxisValue& value);

 private:
  void choose_kernels();
  void choose_processors(const std::vector<ProcessorInfo>& all);
  void add_place(Place place);
  void add_together(const std::vector<std::string>& names, const std::vector<ProcessorInfo>& all);
  std::vector<std::string> axis_names() const;
  void check_names() const;
  void check_loads(const std::vector<ProcessorInfo>& all) const;
  void check_baseline() const;

  const Experiment& experiment_;
  const Catalog& catalog_;
  std::string where_;
  const Operation* operation_;
  std::vector<const Kernel*> kernels_;
  std::vector<Place> places_;
};

}  // namespace hetscope
