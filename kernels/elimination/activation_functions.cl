// Activations of one element, in f32: relu, gelu in its exact form and silu.
float relu_of(const float x) { return fmax(x, 0.0f); }

// By 1 - erf(z) of z = |x| / sqrt(2), wrong by at most 1.5e-7: Abramowitz and Stegun 7.1.26, as on the CPU
// (activation_lanes-inl.hpp). A device's own erf may be a call for each lane, as PoCL's is.
float gelu_of(const float x) {
  const float magnitude = fabs(x);
  const float z = magnitude * 0.70710678f;
  const float t = 1.0f / (1.0f + 0.3275911f * z);
  float sum = 1.061405429f * t - 1.453152027f;
  sum = sum * t + 1.421413741f;
  sum = sum * t - 0.284496736f;
  sum = sum * t + 0.254829592f;
  return fmax(x, 0.0f) - 0.5f * magnitude * (sum * t * exp(-z * z));
}

float silu_of(const float x) { return x / (1.0f + exp(-x)); }
