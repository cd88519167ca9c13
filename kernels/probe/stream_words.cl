// Reads or writes 16 bytes a step, neighbouring work-items neighbouring vectors.

// partial[i] = the sum of what work-item i reads: every items-th vector, and the first item the words behind them.
__kernel void sum_words(__global const uint4* restrict vectors, __global uint* restrict partial, const uint count,
                        const uint tail_words) {
  const uint items = (uint)get_global_size(0);
  // Not one uint4: the simulator cannot follow a vector that lives from one step to the next.
  uint x = 0, y = 0, z = 0, w = 0;
  for (uint i = (uint)get_global_id(0); i < count; i += items) {
    const uint4 words = vectors[i];
    x += words.x;
    y += words.y;
    z += words.z;
    w += words.w;
  }
  uint total = x + y + z + w;
  if (get_global_id(0) == 0) {
    __global const uint* tail = (__global const uint*)(vectors + count);
    for (uint i = 0; i < tail_words; ++i) total += tail[i];
  }
  partial[get_global_id(0)] = total;
}

__kernel void fill_words(__global const uint* restrict word, __global uint4* restrict vectors, const uint count,
                         const uint tail_words) {
  const uint i = (uint)get_global_id(0);
  if (i < count) vectors[i] = (uint4)(word[0]);
  if (i < tail_words) ((__global uint*)(vectors + count))[i] = word[0];
}
