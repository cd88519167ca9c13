// Which axes a case may have, and what is missing or wrong in it.
#include "harness/kernel/catalog.hpp"

#include <algorithm>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

const AxisSpec* find_axis(std::span<const AxisSpec* const> axes, std::string_view name) {
  const auto found = std::ranges::find_if(axes, [&](const AxisSpec* axis) { return axis->name == name; });
  return found == axes.end() ? nullptr : *found;
}

}  // namespace

std::vector<const Kernel*> Catalog::kernels_of(std::string_view operation) const {
  std::vector<const Kernel*> result;
  for (const auto& kernel : kernels_.entries()) {
    if (kernel->operation() == operation) result.push_back(kernel.get());
  }
  return result;
}

std::vector<const AxisSpec*> Catalog::axes_of(const Kernel& kernel) const {
  std::vector<const AxisSpec*> result;
  // The first owner of a name keeps it: an operation may give `cache` a default of its own.
  const auto append = [&](std::span<const AxisSpec> axes) {
    for (const AxisSpec& axis : axes) {
      if (find_axis(result, axis.name) == nullptr) result.push_back(&axis);
    }
  };
  append(operations_.at(kernel.operation()).axes());
  append(kernel.axes());
  append(common_axes());
  return result;
}

void Catalog::validate(const Case& item, std::string_view where) const {
  const Operation& operation = operations_.at(item.operation());
  const Kernel& kernel = kernels_.at(item.kernel());
  if (kernel.operation() != operation.name()) {
    throw Error(
        "kernel '" + item.kernel() + "' computes " + std::string(kernel.operation()) + ", not " + item.operation(),
        std::string(where), "choose a kernel of this operation");
  }
  const std::vector<const AxisSpec*> axes = axes_of(kernel);
  for (const auto& [name, value] : item.axes()) {
    const AxisSpec* spec = find_axis(axes, name);
    if (spec == nullptr) {
      std::vector<std::string> names;
      for (const AxisSpec* axis : axes) names.push_back(axis->name);
      throw unknown_name("axis", name, names, std::string(where));
    }
    check_axis(*spec, value, where);
  }
  for (const AxisSpec* spec : axes) {
    if (spec->required && !item.has(spec->name)) throw missing_axis(*spec, item.operation(), where);
  }
  if (const std::optional<Case> load = load_of(item)) check_load(*load, item.processors(), where);
  operation.validate(item);
}

std::optional<Case> Catalog::load_of(const Case& item) const {
  return item.has(kLoadAxis) ? read_load(item.text(kLoadAxis)) : std::nullopt;
}

std::optional<Case> Catalog::read_load(std::string_view line) const {
  if (line == kNoLoad) return std::nullopt;
  try {
    return complete(Case::parse(line));
  } catch (const Error& error) {
    throw Error(std::string("the load: ") + error.what());
  }
}

void Catalog::check_load(const Case& load, std::span<const std::string> processors, std::string_view where) const {
  if (load.processors().empty()) {
    throw Error("the load " + load.operation() + " has no processor", std::string(where), "add processor=NAME to it");
  }
  for (const std::string& name : load.processors()) {
    if (std::ranges::find(processors, name) == processors.end()) continue;
    throw Error("the load runs on the case's own processor " + name, std::string(where),
                "a load needs another processor: see hetscope devices");
  }
  if (load.has(kLoadAxis)) throw Error("a load carries no load of its own", std::string(where), "remove it");
  try {
    validate(load);
  } catch (const Error& error) {
    throw Error(std::string("the load: ") + error.what(), std::string(where));
  }
}

Case Catalog::complete(const Case& item) const {
  const Kernel& kernel = kernels_.at(item.kernel());
  const std::vector<const AxisSpec*> axes = axes_of(kernel);
  Case result(item.operation(), item.kernel(), item.processors());
  result.reserve(axes.size());
  for (const AxisSpec* spec : axes) {
    if (spec->name == kLoadAxis && item.has(kLoadAxis) && std::holds_alternative<std::string>(*item.find(kLoadAxis))) {
      if (const std::optional<Case> load = load_of(item)) result.set(kLoadAxis, load->line());
    } else if (const AxisValue* value = item.find(spec->name)) {
      result.set(spec->name, canonical_value(*spec, *value));
    } else if (spec->fallback) {
      result.set(spec->name, canonical_value(*spec, *spec->fallback));
    }
  }
  const auto is_of_a_relative = [&](std::string_view name) {
    return std::ranges::any_of(kernels_.entries(), [&](const auto& other) {
      return other->operation() == kernel.operation() &&
             std::ranges::any_of(other->axes(), [&](const AxisSpec& axis) { return axis.name == name; });
    });
  };
  for (const auto& [name, value] : item.axes()) {
    if (find_axis(axes, name) == nullptr && !is_of_a_relative(name)) result.set(name, value);
  }
  return result;
}

}  // namespace hetscope
