// The answer to "can you do this?": yes, or no with the reason that ends up in the record's row.
#pragma once

#include <string>
#include <utility>

namespace hetscope {

class [[nodiscard]] Support {
 public:
  static Support yes() { return Support(); }
  static Support no(std::string reason) { return Support(std::move(reason)); }

  explicit operator bool() const noexcept { return supported_; }
  // Empty when supported.
  const std::string& reason() const noexcept { return reason_; }

 private:
  Support() = default;
  explicit Support(std::string reason) : supported_(false), reason_(std::move(reason)) {}

  bool supported_ = true;
  std::string reason_;
};

}  // namespace hetscope
