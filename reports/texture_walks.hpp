// The rows of memory_walk as series over the working set: where each kind of memory leaves its caches, and from which
// size on an image is faster than a buffer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "harness/statistics/crossover.hpp"
#include "harness/statistics/knees.hpp"
#include "reports/summary.hpp"

namespace hetscope {

// {run, processor (labelled), pattern, dtype, memory: "buffer", "image2d", "image_buffer", or "host memory"}
using WalkWay = std::tuple<std::size_t, std::string, std::string, std::string, std::string>;

struct WalkSeries {
  std::vector<RatePoint> points;  // working set in bytes, bytes/s read, on the device's own clock where there is one
  std::vector<const Row*> rows;   // of the points
  std::optional<KneeSearch> knees;
};

// Of the rows with a time, verified.
std::map<WalkWay, WalkSeries> walk_series(const Summary& summary);

// An image against the buffer of the same pattern, type and group, size by size.
struct WalkCrossover {
  // Set: nothing here can be said of textures, whatever the numbers.
  std::string not_testable;
  Crossover crossover;
  int sizes = 0;
};
// By the way of the image; ways without a buffer beside them are left out.
std::map<WalkWay, WalkCrossover> walk_crossovers(const Summary& summary, const std::map<WalkWay, WalkSeries>& series);

}  // namespace hetscope
