// Movements in the fastest of the ways that matrix_transpose.hpp knows: which one it is depends on the processor, on
// strides and on what else is in its caches, and no rule that was tried held on two machines. Each is timed when a case
// is prepared, as FFTW's planner does (docs/decisions/0011).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/processor/thread_pool.hpp"
#include "kernels/layout/box_mover.hpp"

namespace hetscope {

// One way of doing something. Writing past the caches leaves them so that whoever comes next is slower for several
// runs.
struct TimedWay {
  std::function<void()> run;
  bool writes_past_caches = false;
};

// The index of the fastest of `ways`, by the median of rounds in which each has its turn: some ways are fast now and
// slow then on the same memory, and what else the machine does meets all alike. Takes 60 ms, or more where rounds are
// long: three in each of four turns, of at most 0.1 s, and at least one; nothing where there is one way.
std::size_t fastest_of(std::span<const TimedWay> ways);

// All boxes of a movement, by all threads of a pool.
class TimedMovement {
 public:
  TimedMovement(std::span<const MovementBox> boxes, std::int64_t element_bytes);

  // Times the ways between these tensors, of which the target is written, and keeps the fastest. What other ways wrote
  // would hide what the chosen one leaves out: whoever verifies clears the target in between.
  void choose(const std::byte* source, std::byte* target, ThreadPool& pool);
  // In the chosen way, or in one of them.
  void move(const std::byte* source, std::byte* target, ThreadPool& pool) const;

  // What move() does of planes that turn; nothing where none does.
  std::optional<TransposeWay> way() const;

 private:
  using Movers = std::vector<BoxMover>;

  std::vector<Movers> ways_;  // that differ in effect; one, once it is chosen
};

}  // namespace hetscope
