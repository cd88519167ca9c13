// Is the answer right? Nothing is timed before it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/kernel/operation.hpp"

namespace hetscope {

class Kernel;

// What an approximate kernel is held to: the reference of the operands whose exact product it computes
// (Kernel::approximated_inputs). Nothing of every other kernel, which is held to the operation's own.
std::optional<std::vector<Expectation>> own_reference(const Kernel& kernel, const Operation& operation,
                                                      const Case& item, std::span<const Operand> inputs);

struct Verification {
  bool matches = false;
  double max_abs_error = 0;
  double max_scaled_error =
      0;  // largest |y - y64| / (atol + rtol * magnitude); <= 1 is right; 0 or infinity when exact
  Tolerance tolerance;
  std::int64_t checked = 0;  // elements
  std::string reason;        // where the first wrong element is, empty when right
};

// Compares each output with its expectation. A count, shape or dtype that differs, NaN or infinity where the reference
// is finite: a mismatch with its reason.
Verification verify(std::span<const HostTensor> outputs, std::span<const Expectation> expectations,
                    const Tolerance& tolerance);

// ||y - y64|| / ||y64|| in the Frobenius norm over all outputs: what an approximate method loses against the true
// operands. 0 when both norms are 0, infinity when only ||y64|| is or when counts differ; exact references are left
// out.
double relative_error(std::span<const HostTensor> outputs, std::span<const Expectation> expectations);

// The same distance in words that need no tolerance.
struct Numerics {
  double cosine = 1;  // of the angle between results and references; 1 when both are zero, 0 when one is
  // The largest and the middle error in units of the last place of the reference in the output's type. Where a sum
  // cancels, the largest is large whatever is done.
  double max_ulp = 0;
  double median_ulp = 0;
  std::int64_t not_finite = 0;  // NaN or infinite where the reference is finite; left out of the other two
};
// Over all outputs whose reference is not exact and of their size.
Numerics numerics_of(std::span<const HostTensor> outputs, std::span<const Expectation> expectations);

// Elements of equal outputs (as many, of equal views) that differ in any bit.
std::int64_t differing_elements(std::span<const HostTensor> left, std::span<const HostTensor> right);

// The largest scaled error (as in Verification) of the elements in `seams`, and of all others: a split that is worse
// where its parts meet than within them has a fault at its cut.
struct SeamErrors {
  double at_seam = 0;
  double elsewhere = 0;
};
// `expectation` is no exact one and is of the output's shape.
SeamErrors seam_errors(const HostTensor& output, const Expectation& expectation, const Tolerance& tolerance,
                       std::span<const Region> seams);

}  // namespace hetscope
