// An item a texel of the target. The host puts before this text either access to "source" by (y, x, lane), generated
// from a view, or defines WHOLE: then texel t of the target is texel t of the source, whose rows have SOURCE_WIDTH. It
// may define FUNCTION, which each element goes through.
#if defined(WHOLE)
#define PARAMETERS __read_only image2d_t source
__constant sampler_t kTexel = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP | CLK_FILTER_NEAREST;
#else
#define PARAMETERS SOURCE_PARAMETERS
#endif

__kernel void move_texels(PARAMETERS, __write_only image2d_t target, const int width, const int height) {
  const int x = (int)get_global_id(0);
  const int y = (int)get_global_id(1);
  if (x >= width || y >= height) return;
#if defined(WHOLE)
  const int t = y * width + x;
  float4 texel = read_imagef(source, kTexel, (int2)(t % SOURCE_WIDTH, t / SOURCE_WIDTH));
#else
  float4 texel = (float4)(read_source(SOURCE_ARGUMENTS, y, x, 0), read_source(SOURCE_ARGUMENTS, y, x, 1),
                          read_source(SOURCE_ARGUMENTS, y, x, 2), read_source(SOURCE_ARGUMENTS, y, x, 3));
#endif
#if defined(FUNCTION)
  texel = (float4)(FUNCTION(texel.x), FUNCTION(texel.y), FUNCTION(texel.z), FUNCTION(texel.w));
#endif
  write_imagef(target, (int2)(x, y), texel);
}
