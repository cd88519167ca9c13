// A movement whose elements are changed on their way: chunk by chunk of the target, each moved, and then changed where
// it lies while it is in the cache. (Rows that are normalised so take longer than in a panel of the first cache.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/processor/thread_pool.hpp"
#include "kernels/elimination/pair_plan.hpp"
#include "kernels/layout/box_mover.hpp"

namespace hetscope {

class ChunkedMovement {
 public:
  // Nothing unless all stages of `pass` work on single elements, all its strides are constant, something turns, and
  // what is written is one piece of memory.
  static std::optional<ChunkedMovement> of(const PairPass& pass);

  // Times the ways of moving, and keeps the fastest; `target` is written.
  void choose(const float* source, float* target, ThreadPool& pool);
  void run(const float* source, float* target, ThreadPool& pool) const { run_in(ways_.front(), source, target, pool); }
  // Its list, which run() reads.
  std::vector<std::span<const std::byte>> storage() const { return {std::as_bytes(std::span(chunks_))}; }

 private:
  // In elements.
  struct Chunk {
    std::int64_t source = 0;
    std::int64_t target = 0;
    std::int64_t count = 0;
    bool is_rest = false;
  };
  // Movers of a whole chunk, and of what is left of a loop that chunks do not divide.
  struct Way {
    BoxMover whole;
    BoxMover rest;
  };

  ChunkedMovement() = default;
  void run_in(const Way& way, const float* source, float* target, ThreadPool& pool) const;

  std::vector<Chunk> chunks_;
  std::vector<Way> ways_;  // that differ in effect; one, once it is chosen
  std::vector<OperatorKind> functions_;
};

}  // namespace hetscope
