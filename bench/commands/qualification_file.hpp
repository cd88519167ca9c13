// The file that `qualify` writes and `doctor` reads.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace hetscope {

inline constexpr const char* kQualificationSchema = "hetscope/qualification/1";

// Throws Error when it cannot be written.
void write_qualification(const std::string& path, const nlohmann::json& document);

// What a doctor wants to know of it.
struct QualificationNote {
  std::string verdict;  // "QUALIFIED", "RESTRICTED", "REJECTED"
  std::vector<std::string> reasons;
  std::string device_model, device_unit;
  std::string made_at;  // UTC
};
// Throws Error when it is no qualification of this schema.
QualificationNote read_qualification(const std::string& path);

}  // namespace hetscope
