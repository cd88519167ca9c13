// The figures are from PoCL on a CPU (reports/recorded/2026-11-23-layout-opencl-blocks.md).
#include "kernels/layout/box_plan.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "harness/core/divided_up.hpp"
#include "kernels/layout/byte_loops.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kVectorBytes = 16;
constexpr std::int64_t kItemBytes = 16 * 1024;
constexpr std::int64_t kBlockElements = 4096;
constexpr std::int64_t kBlockHeight = 16;  // a line of f32
constexpr std::int64_t kHighBlock = 64;
constexpr std::int64_t kLongPass = 64;
constexpr std::int64_t kShortPass = 4;
constexpr std::int64_t kSets = 64;    // of a first cache whose ways hold 4 KiB
constexpr std::int64_t kFewSets = 4;  // lines that lie 1 KiB apart, or a multiple of it

std::int64_t in_fours(std::int64_t count) { return divided_up(count, std::int64_t{4}) * 4; }

// Of a first cache, those that lines `bytes` apart share.
std::int64_t sets_of(std::int64_t bytes) {
  return bytes % kLineBytes == 0 ? kSets / std::gcd(kSets, bytes / kLineBytes) : kSets;
}

}  // namespace

bool is_run(const MovementBox& box) {
  return box.loops.empty() || (box.loops.back().source_stride == 1 && box.loops.back().target_stride == 1);
}

BoxPlane plane_of(const MovementBox& box) {
  BoxPlane plane{box.loops.back(), {}, box.loops};
  plane.outer.pop_back();
  if (plane.outer.empty()) return plane;
  const auto least = std::ranges::min_element(plane.outer, {}, &MovementLoop::source_stride);
  plane.columns = *least;
  plane.outer.erase(least);
  return plane;
}

BlockPlan block_plan(const MovementBox& box, std::int64_t element_bytes, bool is_large) {
  const auto [rows, columns, outer] = plane_of(box);
  BlockPlan plan;
  const std::int64_t sets = sets_of(columns.target_stride * element_bytes);
  // Few columns fit into their sets, where more rows do.
  const bool is_high = sets <= kFewSets && sets < sets_of(rows.source_stride * element_bytes);
  // A line high, and wide, or several lines; of few rows wider, of few columns higher: an item has enough to do.
  const std::int64_t height = is_high ? kHighBlock : kBlockHeight;
  plan.rows = std::min(in_fours(rows.count), height);
  plan.columns = std::min(in_fours(columns.count), kBlockElements / plan.rows / 4 * 4);
  if (plan.rows == height) plan.rows *= std::max(kBlockElements / plan.columns / height, std::int64_t{1});
  const auto is_whole = [&](std::int64_t elements) { return elements * element_bytes % kLineBytes == 0; };
  const bool writes_lines = is_whole(plan.rows) && is_whole(box.target_offset) &&
                            std::ranges::all_of(box.loops, [&](const MovementLoop& loop) {
                              return loop.target_stride == 1 || is_whole(loop.target_stride);
                            });
  // Only many columns that are written far apart: a few streams, and neighbours, are faster through the caches even
  // then.
  const bool is_scattered = columns.count >= kLongPass && columns.target_stride * element_bytes > kLineBytes;
  plan.is_past_caches = is_large && is_scattered && writes_lines;
  // Few columns where their lines would be gone before they are whole: those past the caches, of which few are held
  // back, and those that share the sets of a cache, two of each set.
  const bool is_short = plan.is_past_caches || sets == 1;
  plan.pass_columns = is_short ? kShortPass : is_high ? 2 * sets : kLongPass;
  return plan;
}

BoxRuns runs_of(const MovementBox& box, std::int64_t element_bytes, std::int64_t wanted_bytes) {
  BoxRuns runs;
  runs.outer = box.loops;
  MovementLoop run;
  if (!runs.outer.empty()) {
    run = runs.outer.back();
    runs.outer.pop_back();
  }
  runs.lanes = kVectorBytes / element_bytes;
  while (run.count % runs.lanes != 0) runs.lanes /= 2;
  runs.vectors = run.count / runs.lanes;
  if (runs.outer.empty()) return runs;
  const auto has_many = [&](const MovementLoop& loop) {
    return loop.count * run.count * element_bytes >= wanted_bytes;
  };
  const auto found = std::find_if(runs.outer.rbegin(), runs.outer.rend(), has_many);
  const auto chosen = found == runs.outer.rend() ? std::prev(runs.outer.end()) : std::prev(found.base());
  runs.next = *chosen;
  runs.outer.erase(chosen);
  return runs;
}

RunBlockPlan run_block_plan(const BoxRuns& runs, std::int64_t element_bytes) {
  const std::int64_t most = kItemBytes / (runs.lanes * element_bytes);
  const std::int64_t vectors = std::min(runs.vectors, most);
  const std::int64_t run = runs.vectors * runs.lanes;
  const std::int64_t run_bytes = run * element_bytes;
  std::int64_t bytes = run_bytes * runs.next.count;
  for (const MovementLoop& loop : runs.outer) bytes *= loop.count;
  const bool is_fetched = bytes >= kFetchedBytes && run_bytes <= kLongestFetchedRun && runs.next.source_stride != run;
  return {vectors, std::min(runs.next.count, most / vectors), is_fetched ? fetched_runs_ahead(run_bytes) : 0};
}

}  // namespace hetscope
