// A list of named things in the order of their registration, and the one place that says "unknown name".
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"

namespace hetscope {

// The closest of `names` to `word` by edit distance, empty when none is near.
std::string closest_name(std::string_view word, std::span<const std::string> names);
// "unknown kernel 'x'; did you mean 'y'?" or the list of all names when none is near.
Error unknown_name(std::string_view kind, std::string_view word, std::span<const std::string> names,
                   std::string where = {});

// T has `name()`, a std::string_view that stays valid as long as the entry. The registry owns its entries.
template <class T>
class Registry {
 public:
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  // Throws Error when the name is taken.
  T& add(std::unique_ptr<T> entry) {
    if (find(entry->name()) != nullptr) {
      throw Error(kind_ + " '" + std::string(entry->name()) + "' is registered twice");
    }
    index_.emplace(entry->name(), entry.get());
    entries_.push_back(std::move(entry));
    return *entries_.back();
  }

  T* find(std::string_view name) const noexcept {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : found->second;
  }

  // Throws Error, with the nearest names, when there is none.
  T& at(std::string_view name) const {
    if (T* entry = find(name)) return *entry;
    throw unknown_name(kind_, name, names());
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : entries_) result.emplace_back(entry->name());
    return result;
  }

  const std::vector<std::unique_ptr<T>>& entries() const noexcept { return entries_; }

 private:
  std::string kind_;
  std::vector<std::unique_ptr<T>> entries_;
  std::unordered_map<std::string_view, T*> index_;  // by the entries' own names; plans look up each case's
};

}  // namespace hetscope
