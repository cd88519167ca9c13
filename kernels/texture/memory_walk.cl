// Reads texels in a pattern from one kind of memory; each work-item leaves a partial sum. The host defines
//   X_WALK, Y_WALK, TILE, RANDOM or STENCIL       where read n goes: place_of_read() of walk.hpp says the same
//   IMAGE2D, IMAGE_BUFFER or BUFFER, and HALF     what holds the texels
//   WIDTH_BITS, HEIGHT_BITS                       extents in texels
//   PITCH                                         texels from row to row of linear memory
//   STEPS                                         reads of a work-item
//   PASS_BITS, ROTATION                           where each pass over the texels begins: ItemWalk of walk.hpp

#if defined(IMAGE2D)
__constant sampler_t kTexel = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | CLK_FILTER_NEAREST;
#define SOURCE __read_only image2d_t source
#define TEXEL(x, y) read_imagef(source, kTexel, (int2)((x), (y)))
#elif defined(IMAGE_BUFFER)
#define SOURCE __read_only image1d_buffer_t source
#define TEXEL(x, y) read_imagef(source, (y) * PITCH + (x))
#elif defined(HALF)
#define SOURCE __global const half* restrict source
#define TEXEL(x, y) vloada_half4((size_t)((y) * PITCH + (x)), source)
#else
#define SOURCE __global const float4* restrict source
#define TEXEL(x, y) source[(y) * PITCH + (x)]
#endif

#define WIDTH (1 << WIDTH_BITS)
#define HEIGHT (1 << HEIGHT_BITS)
#define BITS (WIDTH_BITS + HEIGHT_BITS)
#define ALL ((uint)((1UL << BITS) - 1))

int2 place_of_read(const uint n) {
#if defined(X_WALK)
  return (int2)((int)(n & (WIDTH - 1)), (int)(n >> WIDTH_BITS));
#elif defined(Y_WALK)
  return (int2)((int)(n >> HEIGHT_BITS), (int)(n & (HEIGHT - 1)));
#elif defined(RANDOM)
  uint h = n ^ (n >> ((BITS + 1) / 2));
  h = (h * 0x9E3779B1u) & ALL;
  h ^= h >> ((BITS + 1) / 2);
  h = (h * 0x85EBCA6Bu) & ALL;
  h ^= h >> ((BITS + 1) / 2);
  return (int2)((int)(h & (WIDTH - 1)), (int)(h >> WIDTH_BITS));
#else
  const uint tile = n >> 6;
  return (int2)((int)((n & 7u) | ((tile & ((1u << (WIDTH_BITS - 3)) - 1)) << 3)),
                (int)(((n >> 3) & 7u) | ((tile >> (WIDTH_BITS - 3)) << 3)));
#endif
}

// Not one float4: the simulator cannot follow a vector that lives from one step to the next.
#define ADD(texel)             \
  {                            \
    const float4 four = texel; \
    a += four.x;               \
    b += four.y;               \
    c += four.z;               \
    d += four.w;               \
  }

__kernel void memory_walk(SOURCE, __global uint* restrict partial) {
  const uint items = (uint)get_global_size(0);
  const uint item = (uint)get_global_id(0);
  float a = 0.0f, b = 0.0f, c = 0.0f, d = 0.0f;
  for (uint step = 0; step < STEPS; ++step) {
    const int2 at = place_of_read((item + step * items + (step >> PASS_BITS) * ROTATION) & ALL);
#if defined(STENCIL)
#if defined(IMAGE2D)
    // The sampler repeats the edge.
    const int left = at.x - 1, right = at.x + 1, above = at.y - 1, below = at.y + 1;
#else
    const int left = max(at.x - 1, 0), right = min(at.x + 1, WIDTH - 1);
    const int above = max(at.y - 1, 0), below = min(at.y + 1, HEIGHT - 1);
#endif
    ADD(TEXEL(left, above)) ADD(TEXEL(at.x, above)) ADD(TEXEL(right, above))
    ADD(TEXEL(left, at.y)) ADD(TEXEL(at.x, at.y)) ADD(TEXEL(right, at.y))
    ADD(TEXEL(left, below)) ADD(TEXEL(at.x, below)) ADD(TEXEL(right, below))
#else
    ADD(TEXEL(at.x, at.y))
#endif
  }
  partial[item] = (uint)a + 3u * (uint)b + 5u * (uint)c + 7u * (uint)d;
}
