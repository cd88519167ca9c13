// What a report must know of the instrument that measured its rows.
#pragma once

#include <string>
#include <vector>

namespace hetscope {

// What `hetscope qualify` found about one device unit.
struct InstrumentNote {
  std::string verdict;  // "QUALIFIED", "RESTRICTED", "REJECTED"
  std::vector<std::string> reasons;
  std::string device_model, device_unit;
  std::string made_at;
};

}  // namespace hetscope
