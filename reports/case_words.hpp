// A case as named words, to say what cases share and where they differ.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/case.hpp"

namespace hetscope {

using CaseWords = std::vector<std::pair<std::string, std::string>>;  // "kernel", "processor", then the axes in order

// The axis of rows that were measured while another case ran elsewhere; its value is that case's line
// (docs/scenario.md).
inline constexpr const char* kLoadWord = "load";

CaseWords words_of(const Case& item);
// "" when the case has no such word.
std::string word_of(const CaseWords& words, const std::string& name);
CaseWords words_without(CaseWords words, std::string_view name);

// Over many cases: which words all of them share, and which vary (differ, or are missing somewhere), in the order in
// which they first appear.
class WordSpread {
 public:
  void add(const CaseWords& words);
  std::vector<std::string> varying() const;
  CaseWords shared() const;

 private:
  struct Entry {
    std::string name;
    std::string first_value;
    std::size_t count = 0;
    bool differs = false;
  };
  std::vector<Entry> entries_;
  std::size_t cases_ = 0;
};

// "a=1 b=2" of the words whose names are in `names`, in that order.
std::string words_text(const CaseWords& words, const std::vector<std::string>& names);
std::string words_text(const CaseWords& words);
// Names of the words in which two cases differ.
std::vector<std::string> differing_words(const CaseWords& a, const CaseWords& b);

}  // namespace hetscope
