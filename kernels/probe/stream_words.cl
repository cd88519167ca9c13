// Reads or writes 16 bytes a step, neighbouring work-items neighbouring vectors.

// partial[i] = the sum of what work-item i reads: every items-th vector, and the first item the words behind them.
__kernel void sum_words(__global const uint4* restrict vectors, __global uint* restrict partial, const uint count,
                        const uint tail_words) {
  const uint items = (uint)get_global_size(0);
  uint4 sum = (uint4)(0);
  for (uint i = (uint)get_global_id(0); i < count; i += items) sum += vectors[i];
  uint total = sum.x + sum.y + sum.z + sum.w;
  if (get_global_id(0) == 0) {
    __global const uint* tail = (__global const uint*)(vectors + count);
    for (uint i = 0; i < tail_words; ++i) total += tail[i];
  }
  partial[get_global_id(0)] = total;
}

__kernel void fill_words(__global uint4* restrict vectors, __global const uint* restrict word, const uint count,
                         const uint tail_words) {
  const uint i = (uint)get_global_id(0);
  if (i < count) vectors[i] = (uint4)(word[0]);
  if (i < tail_words) ((__global uint*)(vectors + count))[i] = word[0];
}
