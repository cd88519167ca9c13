// What is computed: inputs from a seed, the reference result, how far a result may be from it, and how much useful work
// it is. How it is computed is a Kernel's affair.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/core/support.hpp"
#include "harness/kernel/axis.hpp"
#include "harness/kernel/region.hpp"
#include "harness/kernel/work.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

// constant: known before the run, like weights; may be packed or converted in prepare().
// per_run: new for every run, like activations; whatever is done to it is inside the clock.
enum class Lifetime { constant, per_run };

struct Operand {
  std::string name;
  Lifetime lifetime = Lifetime::per_run;
  HostTensor tensor;
};

// |y - y64| <= atol + rtol * magnitude, magnitude being sum|a||b| of the element. Both zero: bit-equal.
struct Tolerance {
  double atol = 0;
  double rtol = 0;
};

// How far a sum of `terms` in f32, in any order, may be from the exact one, in units of 2^-24 of the sum of their
// magnitudes: `terms` at worst (Higham, Accuracy and Stability of Numerical Algorithms, chapters 3 and 4); for more
// than 64 the 8 sqrt(terms) that are exceeded once in 10^7 sums of a million terms where roundings are independent, as
// those of random terms are (Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci.
// Comput. 41(5), 2019). The worst case of long sums soon exceeds the values themselves, and would take zeros for them.
double summing_error(std::int64_t terms);

// The reference of one output, either exact (the bytes themselves, for pure movement) or in f64 with the magnitude that
// scales the tolerance, both in logical row-major order.
struct Expectation {
  std::optional<HostTensor> exact;
  std::vector<double> values;
  std::vector<double> magnitudes;
  bool zeros_are_equal = false;  // `exact` has no -0, and takes one for its 0
};

// A part of a problem along one of its split axes: itself a problem of the same operation.
struct PartialProblem {
  Case item;                    // of the part; its kernel and processors are chosen by who splits
  std::vector<Region> inputs;   // where each input of the part lies in the whole's
  std::vector<Region> outputs;  // and each output; with `adds` all of it
  bool adds = false;            // the outputs of the parts are added up
};

// Results of which operations limit what others can reach.
enum class RoofKind { bandwidth, compute, launch };
std::string_view to_string(RoofKind kind);

class Operation {
 public:
  virtual ~Operation() = default;
  virtual std::string_view name() const noexcept = 0;
  // The operation's own axes, without the common ones.
  virtual std::span<const AxisSpec> axes() const = 0;
  // Throws Error when the axes do not fit together (a shape of rank 3 where 4 is needed). Called before anything else.
  virtual void validate(const Case& item) const = 0;

  // Inputs from `seed`; the same seed gives the same bytes on every machine.
  virtual std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const = 0;
  // One per output, computed in f64 from the (already rounded) inputs. May be empty: nothing to verify (an empty
  // launch).
  virtual std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const = 0;
  virtual Tolerance tolerance(const Case& item) const = 0;

  // Bytes that must be read and written and operations that must be done, however it is computed.
  virtual Work useful_work(const Case& item) const = 0;

  // Whether a copy's bandwidth at the same working set limits it, which it does not where hardly anything is written:
  // reads alone are faster. false: its rates are recorded, and no roof of copies judges them.
  virtual bool is_bounded_by_copies() const { return true; }

  // Axes along which the work can be split over processors ("output_channels", "rows"); none by default.
  virtual std::span<const std::string> split_axes() const { return {}; }
  // How many indices `axis`, one of split_axes(), has to share out.
  virtual std::int64_t split_extent(const Case& item, std::string_view axis) const;
  // Whether the indices [begin, end) of `axis` can be a part: no() where they would take apart what belongs together.
  virtual Support allows_part(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const;
  // The part of the indices [begin, end) of `axis`, not empty and allowed. Parts that cover the extent make up the
  // whole result.
  virtual PartialProblem part_of(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const;

  // The outputs' types and extents; asked of operations that can be split.
  virtual std::vector<TensorView> output_views(const Case& item) const;

  // Set when results of this operation are a roof for the others.
  virtual std::optional<RoofKind> roof() const { return std::nullopt; }
  // The axes of the cases to measure so that the roof is known at every working-set size, for each kernel of it.
  virtual std::vector<std::vector<std::pair<std::string, AxisValue>>> roof_axes() const { return {}; }
};

}  // namespace hetscope
