// Activations of one element, in f32. gelu is the exact form, by the error function.
float relu_of(const float x) { return fmax(x, 0.0f); }
float gelu_of(const float x) { return 0.5f * x * (1.0f + erf(x * M_SQRT1_2_F)); }
float silu_of(const float x) { return x / (1.0f + exp(-x)); }
