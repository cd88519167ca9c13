// The file that `qualify` writes; `doctor`, `decide` and `report` read it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "reports/instrument_note.hpp"

namespace hetscope {

inline constexpr const char* kQualificationSchema = "hetscope/qualification/1";

// Throws Error when it cannot be written.
void write_qualification(const std::string& path, const nlohmann::json& document);

// Throws Error when it is no qualification of this schema.
InstrumentNote read_qualification(const std::string& path);
std::vector<InstrumentNote> read_instruments(const std::vector<std::string>& paths);

}  // namespace hetscope
