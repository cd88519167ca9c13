// The few quantiles that intervals need where no resampling can give them. Numerical Recipes' forms are not used; the
// incomplete beta function is DLMF 8.17.22 (continued fraction, evaluated after Lentz 1976).
#pragma once

#include <cstdint>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

// Regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1]; about 1e-12 exact.
double incomplete_beta(double a, double b, double x);

// The value that a Student t variable with `degrees` > 0 degrees of freedom exceeds with probability `upper_tail` in
// (0, 0.5].
double student_t_quantile(double upper_tail, double degrees);

// Clopper and Pearson's (1934) exact interval of a probability after `successes` of `trials`; [0, 1] for no trials.
// Throws Error when successes are not within 0..trials.
Interval clopper_pearson(std::int64_t successes, std::int64_t trials, double confidence = 0.95);

}  // namespace hetscope
