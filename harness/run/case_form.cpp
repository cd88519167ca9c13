// Slots in the order of Catalog::axes_of(), each with its values made canonical and written out.
#include "harness/run/case_form.hpp"

#include <algorithm>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {

CaseForm::CaseForm(const Catalog& catalog, const Kernel& kernel, std::vector<std::string> processors,
                   std::span<const JointAxes> axes, std::span<const std::string> compare_by, std::string_view where)
    : base_(std::string(kernel.operation()), std::string(kernel.name()), std::move(processors)),
      line_start_(base_.line()),
      key_start_(base_.key_without({compare_by.begin(), compare_by.end()})),
      has_key_(!compare_by.empty()) {
  for (const AxisSpec* spec : catalog.axes_of(kernel)) {
    Slot slot = slot_of(catalog, *spec, axes);
    slot.is_in_key = std::ranges::find(compare_by, spec->name) == compare_by.end();
    check(catalog, slot, where);
    for (const std::optional<AxisValue>& value : slot.values) {
      slot.words.push_back(value ? " " + spec->name + "=" + to_string(*value) : std::string());
    }
    slots_.push_back(std::move(slot));
  }
}

CaseForm::Slot CaseForm::slot_of(const Catalog& catalog, const AxisSpec& spec, std::span<const JointAxes> axes) const {
  const auto canonical = [&](const AxisValue& value) -> std::optional<AxisValue> {
    if (spec.name != kLoadAxis || !std::holds_alternative<std::string>(value)) return canonical_value(spec, value);
    Case carrier;
    carrier.set(kLoadAxis, value);
    const std::optional<Case> load = catalog.load_of(carrier);
    return load ? std::optional<AxisValue>(load->line()) : std::nullopt;
  };
  Slot slot;
  slot.spec = &spec;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto found = std::ranges::find(axes[i].names, spec.name);
    if (found == axes[i].names.end()) continue;
    slot.axes = i;
    slot.is_fixed = false;
    const auto column = static_cast<std::size_t>(found - axes[i].names.begin());
    for (const std::vector<AxisValue>& row : axes[i].rows) slot.values.push_back(canonical(row[column]));
    return slot;
  }
  slot.values.push_back(spec.fallback ? std::optional(canonical_value(spec, *spec.fallback)) : std::nullopt);
  return slot;
}

void CaseForm::check(const Catalog& catalog, const Slot& slot, std::string_view where) const {
  const AxisSpec& spec = *slot.spec;
  for (const std::optional<AxisValue>& value : slot.values) {
    if (!value) {
      if (spec.required) throw missing_axis(spec, base_.operation(), where);
      continue;
    }
    check_axis(spec, *value, where);
    if (spec.name != kLoadAxis) continue;
    Case carrier;
    carrier.set(kLoadAxis, *value);
    if (const auto load = catalog.load_of(carrier)) catalog.check_load(*load, base_.processors(), where);
  }
}

Case CaseForm::make(std::span<const std::size_t> choice) const {
  Case item = base_;
  item.reserve(slots_.size());
  for (const Slot& slot : slots_) {
    if (const auto& value = slot.values[slot.row(choice)]) item.set(slot.spec->name, *value);
  }
  return item;
}

CaseForm::Text CaseForm::text(std::span<const std::size_t> choice) const {
  Text text{line_start_, has_key_ ? key_start_ : std::string()};
  constexpr std::size_t kUsualLine = 240;
  text.line.reserve(kUsualLine);
  for (const Slot& slot : slots_) text.line += slot.words[slot.row(choice)];
  if (!has_key_) {
    text.key = text.line;
    return text;
  }
  text.key.reserve(kUsualLine);
  for (const Slot& slot : slots_) {
    if (slot.is_in_key) text.key += slot.words[slot.row(choice)];
  }
  return text;
}

}  // namespace hetscope
