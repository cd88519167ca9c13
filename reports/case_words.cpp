// Named words of cases; see case_words.hpp.
#include "reports/case_words.hpp"

#include <algorithm>

namespace hetscope {

CaseWords words_of(const Case& item) {
  CaseWords words;
  if (!item.kernel().empty()) words.emplace_back("kernel", item.kernel());
  std::string processors;
  for (const std::string& name : item.processors()) processors += (processors.empty() ? "" : ",") + name;
  if (!processors.empty()) words.emplace_back("processor", processors);
  for (const auto& [name, value] : item.axes()) words.emplace_back(name, to_string(value));
  return words;
}

std::string word_of(const CaseWords& words, const std::string& name) {
  for (const auto& [word, value] : words) {
    if (word == name) return value;
  }
  return "";
}

CaseWords words_without(CaseWords words, std::string_view name) {
  std::erase_if(words, [&](const auto& word) { return word.first == name; });
  return words;
}

void WordSpread::add(const CaseWords& words) {
  ++cases_;
  for (const auto& [name, value] : words) {
    // Not a capture of `name`: clang 14 has no captures of structured bindings.
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&wanted = name](const Entry& known) { return known.name == wanted; });
    if (entry == entries_.end()) {
      entries_.push_back({name, value, 1, false});
    } else {
      ++entry->count;
      entry->differs = entry->differs || entry->first_value != value;
    }
  }
}

std::vector<std::string> WordSpread::varying() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.differs || entry.count < cases_) names.push_back(entry.name);
  }
  return names;
}

CaseWords WordSpread::shared() const {
  CaseWords words;
  for (const Entry& entry : entries_) {
    if (!entry.differs && entry.count >= cases_) words.emplace_back(entry.name, entry.first_value);
  }
  return words;
}

std::string words_text(const CaseWords& words, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    for (const auto& [word, value] : words) {
      if (word == name) text += (text.empty() ? "" : " ") + word + "=" + value;
    }
  }
  return text;
}

std::string words_text(const CaseWords& words) {
  std::string text;
  for (const auto& [word, value] : words) text += (text.empty() ? "" : " ") + word + "=" + value;
  return text;
}

std::vector<std::string> differing_words(const CaseWords& a, const CaseWords& b) {
  WordSpread spread;
  spread.add(a);
  spread.add(b);
  return spread.varying();
}

}  // namespace hetscope
