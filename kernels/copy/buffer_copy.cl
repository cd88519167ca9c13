// Copies `vectors` 16-byte vectors and the `tail_bytes` behind them.
__kernel void copy_buffer(__global const uint4* restrict source, __global uint4* restrict target, const uint vectors,
                          const uint tail_bytes) {
  const uint i = (uint)get_global_id(0);
  if (i < vectors) target[i] = source[i];
  if (i < tail_bytes) {
    ((__global uchar*)(target + vectors))[i] = ((__global const uchar*)(source + vectors))[i];
  }
}
