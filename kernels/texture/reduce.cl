// The host puts access to "source" before this text, generated from a view whose indices are (a, b, group, lane): the
// packed dimension is group and lane. It defines
//   OVER_LANES  the packed dimension is summed over: an item makes the result of (a, b)
//   else        b is summed over: an item makes the four results of (a, group, 0 to 3)
//   A, B, GROUPS            extents
//   PACKED                  elements of the packed dimension
//   A_STRIDE, OTHER_STRIDE  from result to result along a, and along b or the packed dimension
__kernel void reduce(SOURCE_PARAMETERS, __global float* restrict target) {
  const int x = (int)get_global_id(0);
  const int a = (int)get_global_id(1);
#if defined(OVER_LANES)
  if (x >= B) return;
  float sum = 0.0f;
  for (int group = 0; group < GROUPS; ++group) {
    sum += (read_source(SOURCE_ARGUMENTS, a, x, group, 0) + read_source(SOURCE_ARGUMENTS, a, x, group, 1)) +
           (read_source(SOURCE_ARGUMENTS, a, x, group, 2) + read_source(SOURCE_ARGUMENTS, a, x, group, 3));
  }
  target[a * A_STRIDE + x * OTHER_STRIDE] = sum;
#else
  if (x >= GROUPS) return;
  float sum0 = 0.0f, sum1 = 0.0f, sum2 = 0.0f, sum3 = 0.0f;
  for (int b = 0; b < B; ++b) {
    sum0 += read_source(SOURCE_ARGUMENTS, a, b, x, 0);
    sum1 += read_source(SOURCE_ARGUMENTS, a, b, x, 1);
    sum2 += read_source(SOURCE_ARGUMENTS, a, b, x, 2);
    sum3 += read_source(SOURCE_ARGUMENTS, a, b, x, 3);
  }
  const int first = a * A_STRIDE + 4 * x * OTHER_STRIDE;
  target[first] = sum0;
  if (4 * x + 1 < PACKED) target[first + OTHER_STRIDE] = sum1;
  if (4 * x + 2 < PACKED) target[first + 2 * OTHER_STRIDE] = sum2;
  if (4 * x + 3 < PACKED) target[first + 3 * OTHER_STRIDE] = sum3;
#endif
}
