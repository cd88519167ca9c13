// Passes of a pair's plan in the host's memory. Index maps are taken apart when a pass is made: rows that lie together
// are read and written where they are, other rows go through a panel that stays in the cache.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "harness/processor/thread_pool.hpp"
#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

class HostPass {
 public:
  virtual ~HostPass() = default;
  // Times the ways of moving from `source` to `target`, which is written, and keeps the fastest, where there is a
  // choice. Without it a pass goes one of them. Clear the target then: see TimedMovement::choose().
  virtual void choose(const float* /*source*/, float* /*target*/, ThreadPool& /*pool*/) {}
  // Everything, on all threads of `pool`.
  virtual void run(const float* source, float* target, ThreadPool& pool) = 0;
  // The memory of its own that every run reads: places that were listed when it was made.
  virtual std::vector<std::span<const std::byte>> storage() const { return {}; }
};

// `weights` are packed ones, of each stage; they outlive the result. `threads`: of the pools that will run it.
std::unique_ptr<HostPass> make_host_pass(const PairPass& pass, std::vector<const float*> weights, int threads);

}  // namespace hetscope
