// The answer to "can you do this?": yes, no with the reason that ends up in the record's row, or not here because
// something optional is missing, which installing it would change.
#pragma once

#include <string>
#include <utility>

namespace hetscope {

class [[nodiscard]] Support {
 public:
  static Support yes() { return Support(); }
  static Support no(std::string reason) { return Support(std::move(reason), false); }
  static Support absent(std::string reason) { return Support(std::move(reason), true); }

  explicit operator bool() const noexcept { return supported_; }
  // Empty when supported.
  const std::string& reason() const noexcept { return reason_; }
  // Something optional is missing: the row is `skipped`, not `unsupported`.
  bool is_absent() const noexcept { return is_absent_; }

 private:
  Support() = default;
  Support(std::string reason, bool is_absent) : supported_(false), is_absent_(is_absent), reason_(std::move(reason)) {}

  bool supported_ = true;
  bool is_absent_ = false;
  std::string reason_;
};

}  // namespace hetscope
