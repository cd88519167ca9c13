// The line protocol of external meters: `t_ns,watts` or `t_ns,watts,mark`, one sample a line, `#` begins a comment. The
// time is the logger's own; a mark is a sample in which the logger saw the device's marker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

struct ExternalSample {
  std::int64_t t_ns = 0;
  double power_w = 0;
  bool is_marked = false;
};

// Bytes in, samples out; lines may be cut anywhere.
class ExternalStream {
 public:
  // Throws Error for a line that is no sample (an incomplete first line is passed over: a stream may be joined in its
  // middle) and for a line longer than 256 bytes.
  std::vector<ExternalSample> feed(std::string_view bytes);

 private:
  std::string rest_;
  bool is_first_ = true;
};

}  // namespace hetscope
