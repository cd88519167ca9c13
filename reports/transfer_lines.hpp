// Lines through the times of handing memory over, one for each way: what the report's section prints and the detector
// of hidden copies judges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "harness/statistics/linear_fit.hpp"
#include "reports/summary.hpp"

namespace hetscope {

inline constexpr const char* kOpenCopy = "copy";
// Into an image and out of it, which copies as openly.
inline constexpr const char* kImageCopy = "copy, image";

// {run, processor (labelled), direction, sync, sharing (kImageCopy for images)}
using TransferWay = std::tuple<std::size_t, std::string, std::string, std::string, std::string>;

struct TransferLine {
  std::vector<LinePoint> points;  // bytes, ns
  std::optional<LinearFit> fit;
  double address_changes = 0;
  bool is_mapped_elsewhere = false;
  std::string evidence;  // the case of the largest size
};

// Of the rows of `transfer` with a trusted time and one launch.
std::map<TransferWay, TransferLine> transfer_lines(const Summary& summary);
// {run, processor (labelled), direction, sync, sharing, bytes}
using LaunchWay = std::tuple<std::size_t, std::string, std::string, std::string, std::string, std::int64_t>;

struct LaunchLine {
  std::vector<LinePoint> points;  // launches, ns
  std::optional<LinearFit> fit;
};

// Of the same rows, where they differ in the number of launches: at least three numbers.
std::map<LaunchWay, LaunchLine> launch_lines(const Summary& summary);
// The open copy of the same run, processor, direction and sync, or of sync=wait where there is none; nullptr when it
// has no line that rises.
const TransferLine* copy_beside(const std::map<TransferWay, TransferLine>& lines, const TransferWay& way);

}  // namespace hetscope
