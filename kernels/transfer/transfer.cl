// The device's side of a transfer: one word read or written; and the whole, for what is not timed.

__kernel void read_word(__global const uint* shared, __global uint* seen) { seen[0] = shared[0]; }

__kernel void write_word(__global uint* shared, __global const uint* word) { shared[0] = word[0]; }

__kernel void copy_words(__global const uint* source, __global uint* target) {
  target[get_global_id(0)] = source[get_global_id(0)];
}
