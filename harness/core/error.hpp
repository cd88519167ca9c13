// The one exception of the suite. It is thrown when the work cannot go on, carries what went wrong, where, and what the
// reader can do about it, and prints as one line. What is merely expected (a kernel that does not fit) is a `Support`.
#pragma once

#include <stdexcept>
#include <string>

namespace hetscope {

class Error : public std::runtime_error {
 public:
  // Each part is a phrase without a final stop: ("unknown key 'budgt_s'", "scenarios/a.json", "use 'budget_s'").
  // `where` and `remedy` may be empty. Line breaks and control characters are replaced by spaces, so that an error
  // stays one line whatever a hostile file put into it.
  explicit Error(std::string what, std::string where = {}, std::string remedy = {});

  const std::string& problem() const noexcept { return problem_; }
  const std::string& where() const noexcept { return where_; }
  const std::string& remedy() const noexcept { return remedy_; }

 private:
  std::string problem_;
  std::string where_;
  std::string remedy_;
};

// `text` on one line: control characters become spaces.
std::string one_line(std::string text);

}  // namespace hetscope
