// Slots in the order of Catalog::axes_of(), each with its values made canonical and written out.
#include "harness/run/case_form.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {

CaseForm::CaseForm(const Catalog& catalog, const Kernel& kernel, std::vector<std::string> processors,
                   std::span<const JointAxes> axes, std::span<const std::string> compare_by, std::string_view where)
    : base_(std::string(kernel.operation()), std::string(kernel.name()), std::move(processors)),
      line_start_(base_.line()),
      key_start_(base_.key_without({compare_by.begin(), compare_by.end()})),
      rows_(axes.size(), 1) {
  for (const AxisSpec* spec : catalog.axes_of(kernel)) {
    Slot slot = slot_of(catalog, *spec, axes);
    slot.is_in_key = std::ranges::find(compare_by, spec->name) == compare_by.end();
    check(catalog, slot, where);
    for (const std::optional<AxisValue>& value : slot.values) {
      slot.words.push_back(value ? " " + spec->name + "=" + to_string(*value) : std::string());
    }
    if (slot.is_in_key && !slot.is_fixed) rows_[slot.axes] = slot.values.size();
    most_values_ += std::ranges::any_of(slot.values, [](const auto& value) { return value.has_value(); }) ? 1 : 0;
    slots_.push_back(std::move(slot));
  }
  for (const std::size_t rows : rows_) key_count_ *= rows;
  for (std::size_t i = 0; i < axes.size(); ++i) first_equal_.push_back(first_equal_rows(i, axes[i].rows.size()));
}

std::vector<std::size_t> CaseForm::first_equal_rows(std::size_t axes, std::size_t rows) const {
  std::vector<std::size_t> result;
  std::unordered_map<std::string, std::size_t> first;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string words;
    for (const Slot& slot : slots_) {
      if (!slot.is_fixed && slot.axes == axes) words += slot.words[row];
    }
    result.push_back(first.try_emplace(std::move(words), row).first->second);
  }
  return result;
}

CaseForm::Slot CaseForm::slot_of(const Catalog& catalog, const AxisSpec& spec, std::span<const JointAxes> axes) const {
  const auto canonical = [&](const AxisValue& value) -> std::optional<AxisValue> {
    const auto* line = spec.name == kLoadAxis ? std::get_if<std::string>(&value) : nullptr;
    if (line == nullptr) return canonical_value(spec, value);
    const std::optional<Case> load = catalog.read_load(*line);
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
    const std::optional<Case> load = catalog.read_load(std::get<std::string>(*value));
    if (load) catalog.check_load(*load, base_.processors(), where);
  }
}

Case CaseForm::make(std::span<const std::size_t> choice) const {
  Case item = base_;
  item.reserve(most_values_);
  for (const Slot& slot : slots_) {
    if (const auto& value = slot.values[slot.row(choice)]) item.append(slot.spec->name, *value);
  }
  return item;
}

bool CaseForm::is_first(std::span<const std::size_t> choice) const {
  for (std::size_t i = 0; i < choice.size(); ++i) {
    if (first_equal_[i][choice[i]] != choice[i]) return false;
  }
  return true;
}

bool CaseForm::may_share_with(const CaseForm& other) const {
  if (line_start_ != other.line_start_) return false;
  // Of one kernel, and therefore of the same axes in the same order.
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::unordered_set<std::string_view> words(slots_[i].words.begin(), slots_[i].words.end());
    const auto is_ours = [&](const std::string& word) { return words.contains(word); };
    if (std::ranges::none_of(other.slots_[i].words, is_ours)) return false;
  }
  return true;
}

std::string CaseForm::line(std::span<const std::size_t> choice) const {
  std::size_t size = line_start_.size();
  for (const Slot& slot : slots_) size += slot.words[slot.row(choice)].size();
  std::string line;
  line.reserve(size);
  line += line_start_;
  for (const Slot& slot : slots_) line += slot.words[slot.row(choice)];
  return line;
}

std::string CaseForm::key(std::span<const std::size_t> choice) const {
  std::string key = key_start_;
  for (const Slot& slot : slots_) {
    if (slot.is_in_key) key += slot.words[slot.row(choice)];
  }
  return key;
}

std::size_t CaseForm::key_number(std::span<const std::size_t> choice) const {
  std::size_t number = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i] > 1) number = number * rows_[i] + choice[i];
  }
  return number;
}

}  // namespace hetscope
