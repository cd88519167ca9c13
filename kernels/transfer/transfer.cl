// The device's side of a transfer: one word read or written; and the whole, for what is not timed.

__kernel void read_word(__global const uint* shared, __global uint* seen) { seen[0] = shared[0]; }

__kernel void write_word(__global uint* shared, __global const uint* words) { shared[0] = words[0]; }

__kernel void to_shared(__global uint* shared, __global const uint* words) {
  shared[get_global_id(0)] = words[get_global_id(0)];
}

__kernel void from_shared(__global const uint* shared, __global uint* words) {
  words[get_global_id(0)] = shared[get_global_id(0)];
}
