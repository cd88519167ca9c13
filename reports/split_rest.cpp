// The stages of a division as parts of its time beyond the ideal.
#include "reports/split_rest.hpp"

#include <algorithm>
#include <string_view>

namespace hetscope {
namespace {

// The stage's time, 0 where there is none.
double time_of(const StageTimes& stages, std::string_view name) {
  const auto found = std::ranges::find(stages, name, &StageTimes::value_type::first);
  return found == stages.end() ? 0 : found->second;
}

// One processor's part: its name, its weight u and its share of its time alone.
struct Part {
  std::string processor;
  double weight = 0;
  double share_ns = 0;
};

class Attribution {
 public:
  Attribution(const StagesOfRun& stages, std::size_t parts) : stages_(stages) {
    const bool has_host =
        std::ranges::any_of(stages.whole, [](const auto& stage) { return is_computing(stage.first); });
    last_end_ns_ = computing_ns(stages.whole) + time_of(stages.whole, "wait");
    const std::size_t awaited = parts - (has_host ? 1 : 0);
    knows_end_ = awaited == 1 && time_of(stages.whole, "wait") > kLeastShare * sum_of(stages.whole);
  }

  double last_end_ns() const { return last_end_ns_; }

  void add(const Part& part, SplitRest& rest) {
    const double own_ns = time_of(stages_.whole, "compute." + part.processor);
    if (own_ns > 0) {
      add_part({"imbalance", part.weight * (last_end_ns_ - own_ns)}, rest);
      add_part({part.processor + " beside the others over its share of alone", part.weight * (own_ns - part.share_ns)},
               rest);
      return;
    }
    const auto alone = stages_.alone.find(part.processor);
    if (alone == stages_.alone.end()) {
      add_part({part.processor + " as a whole", part.weight * (last_end_ns_ - part.share_ns)}, rest);
      rest.not_recorded.push_back("the stages of " + part.processor);
      return;
    }
    const double compute_ns = computing_ns(alone->second);
    const double whole_ns = sum_of(alone->second);
    add_part({"transfers and sync", part.weight * (whole_ns - compute_ns)}, rest);
    add_part({part.processor + " by itself over its share of alone", part.weight * (compute_ns - part.share_ns)}, rest);
    add_part({part.processor + (knows_end_ ? " beside the others over by itself" : " idle or slowed by the others"),
              part.weight * (last_end_ns_ - whole_ns)},
             rest);
    if (!knows_end_) rest.not_recorded.push_back("when " + part.processor + " ends");
  }

 private:
  const StagesOfRun& stages_;
  double last_end_ns_ = 0;  // of the parts, from when all are started
  bool knows_end_ = false;  // when the only part that is awaited ends
};

}  // namespace

void add_part(const RestPart& part, SplitRest& rest) {
  const auto known = std::ranges::find(rest.parts, part.name, &RestPart::name);
  if (known == rest.parts.end()) {
    rest.parts.push_back(part);
  } else {
    known->ns += part.ns;
  }
}

SplitRest rest_of(const SplitGroup& group) {
  const Record& record = *group.best->record;
  const StagesOfRun stages = stages_of(record);
  SplitRest rest{time_on(*group.best, record.clock), {}, {}};
  if (stages.whole.empty()) {
    rest.not_recorded.push_back("stages of the row");
    return rest;
  }
  const std::vector<std::string>& processors = record.item.processors();
  const std::vector<double> shares = shares_of(record);
  if (shares.size() != processors.size()) {
    rest.not_recorded.push_back("shares of the processors");
    return rest;
  }
  Attribution attribution(stages, processors.size());
  const double stages_ns = sum_of(stages.whole);
  for (std::size_t i = 0; i < processors.size(); ++i) {
    const double alone_ns = time_on(*group.alone[i], record.clock);
    attribution.add({processors[i], group.ideal_ns / alone_ns, shares[i] * alone_ns}, rest);
  }
  add_part({"handing over and merging", stages_ns - attribution.last_end_ns()}, rest);
  add_part({"rounds over the pass by stages", rest.divided_ns - stages_ns}, rest);
  return rest;
}

}  // namespace hetscope
