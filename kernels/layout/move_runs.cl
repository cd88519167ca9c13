// The host puts the functions `source_base` and `target_base` before this text: where a run starts for position z of a
// box's outer loops, printed from index expressions. ELEMENT is an unsigned type of the element's width: moving needs no
// arithmetic, and so no fp16 extension.

// Runs of elements that stay neighbours: an item moves VECTOR of them by MOVE_VECTOR, x along the run, y from run to run.
__kernel void move_runs(__global const ELEMENT* restrict source, __global ELEMENT* restrict target, const uint vectors,
                        const uint runs, const uint2 strides, const uint fill) {
  const uint x = (uint)get_global_id(0);
  const uint y = (uint)get_global_id(1);
  if (x >= vectors || y >= runs) return;
  const uint from = source_base(get_global_id(2)) + y * strides.x + x * VECTOR;
  const uint to = target_base(get_global_id(2)) + y * strides.y + x * VECTOR;
  MOVE_VECTOR(source + from, target + to);
  if (x + 1 == vectors) {
    for (uint f = 0; f < fill; ++f) target[to + VECTOR + f] = 0;
  }
}
