// The host puts the functions `source_base` and `target_base` before this text: where a run starts for position z of a
// box's outer loops, printed from index expressions. ELEMENT is an unsigned type of the element's width: moving needs no
// arithmetic, and so no fp16 extension.

// RUNS_AHEAD: runs of the source that lie apart are asked for so many runs before they are moved. OpenCL C's `prefetch` is
// for the items of a group together, and empty on CPUs; clang has one for an address.
#define ASK_FOR(at)
#if defined(RUNS_AHEAD) && defined(__has_builtin)
#if __has_builtin(__builtin_prefetch)
#undef ASK_FOR
#define ASK_FOR(at) __builtin_prefetch((const void*)(size_t)(at))
#endif
#endif

// As move_runs, for devices whose items are a CPU's loop: an item moves ITEM_VECTORS vectors of ITEM_RUNS runs. (Loops in
// move_runs itself would keep compilers from making vectors of its items.)
__kernel void move_run_blocks(__global const ELEMENT* restrict source, __global ELEMENT* restrict target,
                              const uint vectors, const uint runs, const uint2 strides, const uint fill) {
  const uint first_x = (uint)get_global_id(0) * ITEM_VECTORS;
  const uint first_y = (uint)get_global_id(1) * ITEM_RUNS;
  if (first_x >= vectors || first_y >= runs) return;
  const uint end_x = min(first_x + ITEM_VECTORS, vectors);
  const uint end_y = min(first_y + ITEM_RUNS, runs);
  const uint from = source_base(get_global_id(2));
  const uint to = target_base(get_global_id(2));
  for (uint y = first_y; y < end_y; ++y) {
    __global const ELEMENT* read = source + from + y * strides.x;
    __global ELEMENT* write = target + to + y * strides.y;
#ifdef RUNS_AHEAD
    if (y + RUNS_AHEAD < end_y) {
      for (uint x = first_x; x < end_x; x += LINE_VECTORS) ASK_FOR(read + RUNS_AHEAD * strides.x + x * VECTOR);
    }
#endif
    for (uint x = first_x; x < end_x; ++x) MOVE_VECTOR(read + x * VECTOR, write + x * VECTOR);
    for (uint f = 0; f < fill && end_x == vectors; ++f) write[vectors * VECTOR + f] = 0;
  }
}
