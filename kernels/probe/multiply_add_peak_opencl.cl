// Eight chains of VECTOR values a work-item, all in registers; the last items do one scalar chain each.
// Built with LANES (4, 8 or 16) and the vector's own type, load and store.
#ifdef FP_FAST_FMAF
#define MULTIPLY_ADD(x, a, b) fma(x, a, b)
#else
#define MULTIPLY_ADD(x, a, b) mad(x, a, b)
#endif

#define JOIN_(name, lanes) name##lanes
#define JOIN(name, lanes) JOIN_(name, lanes)
#define VECTOR JOIN(float, LANES)
#define LOAD JOIN(vload, LANES)
#define STORE JOIN(vstore, LANES)

__kernel void multiply_add(__global const float* restrict start, __global float* restrict result,
                           __global const float* restrict coefficients, const uint full_items, const uint chains,
                           const uint steps) {
  const uint i = (uint)get_global_id(0);
  const float a = coefficients[0];
  const float b = coefficients[1];
  if (i < full_items) {
    const VECTOR va = (VECTOR)(a);
    const VECTOR vb = (VECTOR)(b);
    VECTOR x0 = LOAD(i, start);
    VECTOR x1 = LOAD(i + full_items, start);
    VECTOR x2 = LOAD(i + 2 * full_items, start);
    VECTOR x3 = LOAD(i + 3 * full_items, start);
    VECTOR x4 = LOAD(i + 4 * full_items, start);
    VECTOR x5 = LOAD(i + 5 * full_items, start);
    VECTOR x6 = LOAD(i + 6 * full_items, start);
    VECTOR x7 = LOAD(i + 7 * full_items, start);
    for (uint step = 0; step < steps; ++step) {
      x0 = MULTIPLY_ADD(x0, va, vb);
      x1 = MULTIPLY_ADD(x1, va, vb);
      x2 = MULTIPLY_ADD(x2, va, vb);
      x3 = MULTIPLY_ADD(x3, va, vb);
      x4 = MULTIPLY_ADD(x4, va, vb);
      x5 = MULTIPLY_ADD(x5, va, vb);
      x6 = MULTIPLY_ADD(x6, va, vb);
      x7 = MULTIPLY_ADD(x7, va, vb);
    }
    STORE(x0, i, result);
    STORE(x1, i + full_items, result);
    STORE(x2, i + 2 * full_items, result);
    STORE(x3, i + 3 * full_items, result);
    STORE(x4, i + 4 * full_items, result);
    STORE(x5, i + 5 * full_items, result);
    STORE(x6, i + 6 * full_items, result);
    STORE(x7, i + 7 * full_items, result);
  } else {
    const uint chain = 8 * LANES * full_items + (i - full_items);
    if (chain < chains) {
      float x = start[chain];
      for (uint step = 0; step < steps; ++step) x = MULTIPLY_ADD(x, a, b);
      result[chain] = x;
    }
  }
}
