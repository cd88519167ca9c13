// Where the time of a division beyond its ideal went, from what its record holds of its stages.
#pragma once

#include <string>
#include <vector>

#include "reports/split_summary.hpp"

namespace hetscope {

// Shares of a division's time below this are not told: a wait so short is the call itself.
inline constexpr double kLeastShare = 0.005;

struct RestPart {
  std::string name;
  double ns = 0;  // below 0: time won
};

struct SplitRest {
  double divided_ns = 0;        // the division's time in its rounds
  std::vector<RestPart> parts;  // their sum is that time less the ideal; none where the row has no stages
  std::vector<std::string> not_recorded;
};

// Of the group's best division. Each processor's part takes its share of its time alone, s_i T_i, and what comes on
// top; then it idles until the last part ends, D after the work was started. Weighed by its part in the ideal's speed,
// u_i = ideal / T_i, what is on top and what is idle add up to D less the ideal, since sum u_i s_i T_i is the ideal;
// what is left is before, after and between: handing over, merging, and what the rounds took over the pass by stages.
// A part that is started and awaited is known by its stages alone and by its end, if the calling thread waited for it
// and for no other; where it did not, idling and slowing down are one sum.
SplitRest rest_of(const SplitGroup& group);
// To the part of that name, or as a new one.
void add_part(const RestPart& part, SplitRest& rest);

}  // namespace hetscope
