// The device's side of a transfer into an image and out of it: a texel is four words.
constant sampler_t kTexels = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_NONE | CLK_FILTER_NEAREST;

kernel void read_word(read_only image2d_t shared, global int* seen) {
  seen[0] = read_imagei(shared, kTexels, (int2)(0, 0)).x;
}

kernel void write_word(write_only image2d_t shared, global const int* words) {
  write_imagei(shared, (int2)(0, 0), vload4(0, words));
}

kernel void to_shared(write_only image2d_t shared, global const int* words) {
  const int texel = (int)get_global_id(0);
  const int width = get_image_width(shared);
  write_imagei(shared, (int2)(texel % width, texel / width), vload4(texel, words));
}

kernel void from_shared(read_only image2d_t shared, global int* words) {
  const int texel = (int)get_global_id(0);
  const int width = get_image_width(shared);
  vstore4(read_imagei(shared, kTexels, (int2)(texel % width, texel / width)), texel, words);
}
