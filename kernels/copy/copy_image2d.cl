// Copies one RGBA texel a work-item. read_imagef converts a half to the float of the same value and write_imagef converts
// it back, so that the copy of a finite half is exact.
__constant sampler_t kTexel = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP | CLK_FILTER_NEAREST;

__kernel void copy_image2d(__read_only image2d_t source, __write_only image2d_t target, const int width,
                           const int texels) {
  const int2 at = (int2)((int)get_global_id(0), (int)get_global_id(1));
  if (at.x < width && at.y * width + at.x < texels) write_imagef(target, at, read_imagef(source, kTexel, at));
}
