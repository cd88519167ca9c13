// The loop: warm up every member, then rounds of visits in random order until the stop rule is content.
#include "harness/measure/session.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <numeric>

#include "harness/core/random.hpp"
#include "harness/measure/background_load.hpp"
#include "harness/measure/batch.hpp"
#include "harness/processor/affinity.hpp"
#include "harness/statistics/statistics.hpp"
#include "harness/statistics/steady_state.hpp"

namespace hetscope {
namespace {

// One member while it is measured.
struct Member {
  Subject subject;
  Measurement result;
  std::int64_t iterations = 1;
  std::int64_t batch_ns = 0;    // of the last batch of the warm-up
  std::int64_t load_batch = 1;  // of its load
  double measured_ns = 0;
  std::int64_t visited_ns = 0;     // what its visits have taken, without waiting for the device to cool
  bool keeps_slow_blocks = false;  // a soak is about them
  double last_slowdown = 1;        // beside its last block
  std::vector<std::pair<std::size_t, std::size_t>> slow_blocks;  // [first, last) sample of each
  bool alive() const { return result.failure.empty(); }
  int samples() const { return static_cast<int>(result.rounds.size()); }
  // Slow blocks go when they are the exception. When they are more than half they are what this device does, and a
  // measurement without them would be of another one.
  bool discards_slow_blocks() const { return !keeps_slow_blocks && 2 * result.speed.slow <= result.speed.blocks; }
  // Those that would be left if the measurement ended now.
  int kept_samples() const {
    std::size_t slow = 0;
    if (discards_slow_blocks()) {
      for (const auto& [first, last] : slow_blocks) slow += last - first;
    }
    return samples() - static_cast<int>(slow);
  }
};

void add_total(Measurement& result, const std::string& clock, double total_ns) {
  auto& totals = result.totals_ns[clock];
  // A clock that was missing for earlier samples keeps its place.
  totals.resize(result.rounds.size() - 1, std::numeric_limits<double>::quiet_NaN());
  totals.push_back(total_ns);
}

bool evict(Member& member) {
  const Support evicted = member.subject.runnable->evict();
  if (!evicted) member.result.failure = evicted.reason();
  return static_cast<bool>(evicted);
}

// Grows the batch until a sample is long enough, then repeats it until its time has settled or the time is spent.
void warm_up(Member& member, const Clock& clock, const MeasureOptions& options, std::int64_t min_sample_ns) {
  Runnable& runnable = *member.subject.runnable;
  if (min_sample_ns > 0) min_sample_ns = std::max(min_sample_ns, runnable.least_sample_ns());
  const EnteredRunnable entered(runnable);
  const std::int64_t end_ns = clock.now_ns() + options.warm_up_ns;
  std::vector<double> times;
  do {
    if (member.subject.cold && !evict(member)) return;
    const std::int64_t elapsed_ns = time_batch(clock, runnable, member.iterations);
    if (!member.subject.cold && elapsed_ns < min_sample_ns) {
      member.iterations = grown_batch(member.iterations, elapsed_ns, min_sample_ns);
      times.clear();
      continue;
    }
    member.batch_ns = elapsed_ns;
    times.push_back(static_cast<double>(elapsed_ns) / static_cast<double>(member.iterations));
    member.result.settled = is_settled(times);
  } while (!member.result.settled && clock.now_ns() < end_ns);
}

// One block of samples of one member, which is inside its block.
void take_block(Member& member, std::int32_t round, std::int32_t position, const Clock& clock,
                const MeasureOptions& options) {
  Runnable& runnable = *member.subject.runnable;
  Measurement& result = member.result;
  // What ran in between left its own data in the caches and put threads to sleep. A batch longer than a block pays for
  // that within itself.
  if (!member.subject.cold && member.batch_ns < options.block_ns) runnable.run(member.iterations);
  double empty_ns = std::numeric_limits<double>::quiet_NaN();
  if (Runnable* empty = runnable.empty_launch()) {
    empty_ns = static_cast<double>(time_batch(clock, *empty, member.iterations));
  }
  const std::int64_t block_end_ns = clock.now_ns() + options.block_ns;
  for (int i = 0; i < options.max_samples_per_block; ++i) {
    if (member.subject.cold && !evict(member)) return;
    const std::int64_t elapsed_ns = time_batch(clock, runnable, member.iterations);
    result.rounds.push_back(round);
    result.order.push_back(position);
    result.iterations.push_back(member.iterations);
    member.measured_ns += static_cast<double>(elapsed_ns);
    if (result.principal_clock == kHostClock) {
      add_total(result, kHostClock, static_cast<double>(elapsed_ns));
      if (!std::isnan(empty_ns)) add_total(result, kHostMinusLaunchClock, static_cast<double>(elapsed_ns) - empty_ns);
    }
    for (const auto& [name, total_ns] : runnable.own_clocks()) add_total(result, name, total_ns);
    if (clock.now_ns() >= block_end_ns || member.samples() >= options.stop.max_samples) break;
  }
}

// The median time of one execution over a block of samples that are not kept.
double alone_block(Member& member, const Clock& clock, const MeasureOptions& options) {
  Runnable& runnable = *member.subject.runnable;
  if (!member.subject.cold) runnable.run(member.iterations);
  std::vector<double> times_ns;
  const std::int64_t block_end_ns = clock.now_ns() + options.block_ns;
  do {
    if (member.subject.cold && !evict(member)) break;
    const auto elapsed_ns = static_cast<double>(time_batch(clock, runnable, member.iterations));
    times_ns.push_back(elapsed_ns / static_cast<double>(member.iterations));
  } while (clock.now_ns() < block_end_ns && std::ssize(times_ns) < options.max_samples_per_block);
  return median(times_ns);
}

// The member alone, its load alone, and both: neighbours in time, so that their ratios are of one state of the device.
void take_loaded_block(Member& member, std::int32_t round, std::int32_t position, const Clock& clock,
                       const MeasureOptions& options, const std::vector<int>& cpus_of_load) {
  LoadedVisits& loaded = member.result.loaded;
  // Before in one round and behind in the next: what the blocks do to each other, and a drift, hit both sides.
  const bool is_alone_first = round % 2 == 0;
  double alone_ns = is_alone_first ? alone_block(member, clock, options) : 0;
  if (!member.alive()) return;
  BackgroundLoad load(*member.subject.load, member.load_batch, clock, cpus_of_load);
  const std::int64_t alone_begin_ns = clock.now_ns();
  clock.sleep_ns(options.block_ns);
  const std::int64_t alone_end_ns = clock.now_ns();
  const auto first = static_cast<std::ptrdiff_t>(member.result.rounds.size());
  const std::int64_t together_begin_ns = clock.now_ns();
  take_block(member, round, position, clock, options);
  const std::int64_t together_end_ns = clock.now_ns();
  load.stop();
  if (!is_alone_first && member.alive()) alone_ns = alone_block(member, clock, options);
  if (!member.alive()) return;
  const std::vector<double> times_ns = member.result.per_iteration_ns(kHostClock);
  const auto per_s = [&](std::int64_t begin_ns, std::int64_t end_ns) {
    return load.executions_within(begin_ns, end_ns) * 1e9 / static_cast<double>(end_ns - begin_ns);
  };
  loaded.rounds.push_back(round);
  loaded.case_alone_ns.push_back(alone_ns);
  loaded.case_together_ns.push_back(median(std::vector<double>(times_ns.begin() + first, times_ns.end())));
  loaded.load_alone_per_s.push_back(per_s(alone_begin_ns, alone_end_ns));
  loaded.load_together_per_s.push_back(per_s(together_begin_ns, together_end_ns));
}

// A block between two looks at the processors' speed.
void visit(Member& member, std::int32_t round, std::int32_t position, const Clock& clock, const MeasureOptions& options,
           ThrottleGuard& guard, const std::vector<int>& cpus_of_load) {
  const std::span<ReferenceLoop* const> loops = member.subject.references;
  // Inside the block, because only there the calling thread is on the Runnable's core.
  const auto slowdown_inside = [&] {
    const EnteredRunnable entered(*member.subject.runnable);
    return guard.slowdown(loops);
  };
  if (guard.wait_until_cool(member.last_slowdown, slowdown_inside)) warm_up(member, clock, options, 0);
  const std::size_t first = member.result.rounds.size();
  const EnteredRunnable entered(*member.subject.runnable);
  const double before = guard.slowdown(loops);
  if (member.subject.load != nullptr) {
    take_loaded_block(member, round, position, clock, options, cpus_of_load);
  } else {
    take_block(member, round, position, clock, options);
  }
  const double after = guard.slowdown(loops);
  BlockSpeed& speed = member.result.speed;
  member.last_slowdown = std::max(before, after);
  speed.slowest = std::max(speed.slowest, member.last_slowdown);
  ++speed.blocks;
  if (!guard.is_slow(member.last_slowdown)) return;
  ++speed.slow;
  member.slow_blocks.emplace_back(first, member.result.rounds.size());
}

// A list with an entry per sample, without those of the slow blocks.
template <class T>
void erase_slow_blocks(std::vector<T>& list, const Member& member) {
  for (auto block = member.slow_blocks.rbegin(); block != member.slow_blocks.rend(); ++block) {
    if (list.size() < block->second) continue;
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(block->first),
               list.begin() + static_cast<std::ptrdiff_t>(block->second));
  }
}

void discard_slow_blocks(Member& member) {
  if (!member.discards_slow_blocks()) return;
  Measurement& result = member.result;
  result.discarded = member.samples() - member.kept_samples();
  for (auto& [clock, totals_ns] : result.totals_ns) erase_slow_blocks(totals_ns, member);
  erase_slow_blocks(result.rounds, member);
  erase_slow_blocks(result.order, member);
  erase_slow_blocks(result.iterations, member);
  result.speed.discarded = result.speed.slow;
}

// Judged by the samples that would be kept: what is discarded later must not have counted as enough.
bool has_converged(const Member& member, const StopRule& rule, std::uint64_t seed) {
  if (member.measured_ns < static_cast<double>(rule.min_time_ns)) return false;
  std::vector<double> values = member.result.per_iteration_ns(member.result.principal_clock);
  std::vector<std::int32_t> rounds = member.result.rounds;
  if (member.discards_slow_blocks()) {
    erase_slow_blocks(values, member);
    erase_slow_blocks(rounds, member);
  }
  return rule.is_converged(values, rounds, seed);
}

// Looks at every living member; all converged means done.
bool look(std::vector<Member>& members, const MeasureOptions& options) {
  bool all = true;
  for (Member& member : members) {
    if (!member.alive()) continue;
    member.result.converged = has_converged(member, options.stop, options.seed);
    all = all && member.result.converged;
  }
  return all;
}

// Whether one visit costs so much more than the others' that the group's budget would go to this member alone: it has
// had more than twice its share of the time, and sits the round out. Members of like cost are in every round, and so
// are the two of a pair, whatever they cost.
bool sits_out(const Member& member, const std::vector<Member>& members) {
  std::int64_t total_ns = 0;
  std::int64_t alive = 0;
  for (const Member& other : members) {
    if (!other.alive()) continue;
    total_ns += other.visited_ns;
    ++alive;
  }
  return alive * member.visited_ns > 2 * total_ns;
}

int fewest_samples(const std::vector<Member>& members) {
  int fewest = std::numeric_limits<int>::max();
  for (const Member& member : members) {
    if (member.alive()) fewest = std::min(fewest, member.kept_samples());
  }
  return fewest;
}

int most_samples(const std::vector<Member>& members) {
  int most = 0;
  for (const Member& member : members) most = std::max(most, member.samples());
  return most;
}

// Stage by stage the median of a few passes, because a single one may be disturbed.
std::map<std::string, double> stages_of(Runnable& runnable) {
  constexpr int kPasses = 5;
  std::map<std::string, std::vector<double>> passes;
  for (int pass = 0; pass < kPasses; ++pass) {
    for (const auto& [name, ns] : runnable.run_stages()) passes[name].push_back(ns);
    if (passes.empty()) break;
  }
  std::map<std::string, double> result;
  for (const auto& [name, values] : passes) result[name] = median(values);
  return result;
}

}  // namespace

std::vector<double> Measurement::per_iteration_ns(const std::string& clock) const {
  std::vector<double> values;
  const auto found = totals_ns.find(clock);
  if (found == totals_ns.end()) return values;
  values.reserve(found->second.size());
  for (std::size_t i = 0; i < found->second.size(); ++i) {
    values.push_back(found->second[i] / static_cast<double>(iterations[i]));
  }
  return values;
}

Session::Session(const Clock& clock) : clock_(clock), timer_(measure_timer(clock)) {}

std::vector<Measurement> Session::measure(std::span<const Subject> group, const MeasureOptions& options,
                                          MeasureObserver* observer) {
  const std::int64_t start_ns = clock_.now_ns();
  const std::vector<int> own_cpus = affinity_of_this_thread();  // before a member pins it
  MeasureOptions limited = options;
  std::int64_t min_sample_ns = std::max(options.min_sample_ns, 1000 * timer_.resolution_ns);
  if (options.soak) {
    limited.throttle.hottest_c = nullptr;
    // Three quarters, because a batch may be shorter than it was when its size was found.
    min_sample_ns = std::max(min_sample_ns, options.budget_ns * 4 / 3 / std::max<std::int64_t>(1, std::ssize(group)) /
                                                options.stop.max_samples);
  }
  ThrottleGuard guard(clock_, limited.throttle);
  if (std::ranges::any_of(group, [](const Subject& subject) { return subject.load != nullptr; })) {
    min_sample_ns = std::max(min_sample_ns, options.loaded_sample_ns);
    limited.block_ns = std::max(options.block_ns, options.loaded_block_ns);
  }
  limited.warm_up_ns =
      std::min(options.warm_up_ns, options.budget_ns / 4 / std::max<std::int64_t>(1, std::ssize(group)));

  std::vector<Member> members;
  for (const Subject& subject : group) {
    Member& member = members.emplace_back();
    member.subject = subject;
    if (const auto own = subject.runnable->principal_clock(); !own.empty()) member.result.principal_clock = own;
    member.keeps_slow_blocks = options.soak;
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (observer != nullptr) observer->visiting(i);
    warm_up(members[i], clock_, limited, min_sample_ns);
    if (Runnable* load = members[i].subject.load) members[i].load_batch = background_batch(*load, clock_);
    if (members[i].subject.references.empty()) continue;
    const EnteredRunnable entered(*members[i].subject.runnable);
    guard.begin(members[i].subject.references);
  }

  Random random(options.seed);
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  int next_look = options.stop.min_samples;
  for (std::int32_t round = 0;; ++round) {
    random.shuffle(std::span(order));
    for (std::size_t position = 0; position < order.size(); ++position) {
      Member& member = members[order[position]];
      if (!member.alive() || sits_out(member, members)) continue;
      if (observer != nullptr) observer->visiting(order[position]);
      const std::int64_t begin_ns = clock_.now_ns() - guard.waited_ns();
      visit(member, round, static_cast<std::int32_t>(position), clock_, limited, guard, own_cpus);
      member.visited_ns += clock_.now_ns() - guard.waited_ns() - begin_ns;
    }
    const int fewest = fewest_samples(members);
    if (fewest == std::numeric_limits<int>::max()) break;  // nobody is left
    // Cooling is no measuring.
    const bool spent = clock_.now_ns() >= start_ns + options.budget_ns + guard.waited_ns() ||
                       most_samples(members) >= options.stop.max_samples;
    if ((fewest < next_look || options.soak) && !spent) continue;
    const bool done = look(members, options);
    if (done || spent) break;
    next_look = options.stop.next_look(fewest + 1);
  }

  for (std::size_t i = 0; i < members.size(); ++i) {
    Member& member = members[i];
    if (!member.alive()) continue;
    for (auto& [name, totals] : member.result.totals_ns) {
      totals.resize(member.result.rounds.size(), std::numeric_limits<double>::quiet_NaN());
    }
    discard_slow_blocks(member);
    member.result.cooled_ns = guard.waited_ns();
    member.result.gave_up_cooling = guard.gave_up();
    if (observer != nullptr) observer->visiting(i);
    try {
      const EnteredRunnable entered(*member.subject.runnable);
      member.result.stages_ns = stages_of(*member.subject.runnable);
    } catch (const std::exception& fault) {
      // Its samples are whole, and so are the others'.
      member.result.no_stages = fault.what();
    }
  }
  std::vector<Measurement> results;
  for (Member& member : members) results.push_back(std::move(member.result));
  return results;
}

}  // namespace hetscope
