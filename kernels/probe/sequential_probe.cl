// One work-item; each step needs the one before.

__kernel void pointer_chase(__global const uint* restrict next, __global uint* restrict end, const uint steps) {
  uint at = 0;
  for (uint step = 0; step < steps; ++step) at = next[at];
  end[0] = at;
}

// `numbers`: start, factor, addend.
__kernel void spin(__global const uint* restrict numbers, __global uint* restrict end, const uint steps) {
  uint x = numbers[0];
  const uint factor = numbers[1];
  const uint addend = numbers[2];
  for (uint step = 0; step < steps; ++step) x = factor * x + addend;
  end[0] = x;
}
