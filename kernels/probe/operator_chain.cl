// `steps` operators on every word.
__kernel void operators(__global const uint* restrict source, __global uint* restrict target, const uint words,
                        const uint steps) {
  const uint i = (uint)get_global_id(0);
  if (i >= words) return;
  uint word = source[i];
  for (uint step = 0; step < steps; ++step) word = 1664525u * word + 1013904223u;
  target[i] = word;
}
