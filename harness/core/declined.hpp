// The exception of what turns out to be impossible here only when it is tried, and is no failure.
#pragma once

#include "harness/core/error.hpp"
#include "harness/core/support.hpp"

namespace hetscope {

// Thrown by prepare(), by an operation's reference() or by a back end's open() when only trying shows that a case
// cannot be run here: its row has the status and the reason of `answer`, as if supports() had said so.
class Declined final : public Error {
 public:
  explicit Declined(const Support& answer) : Error(answer.reason()), is_absent_(answer.is_absent()) {}
  bool is_absent() const noexcept { return is_absent_; }

 private:
  bool is_absent_;
};

}  // namespace hetscope
