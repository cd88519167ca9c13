// The host puts access to "x" and "y" before this text, generated from their views: x by image, channel and the padded
// image's row and column, y by image, filter, row and column. An item makes four filters of PIXELS neighbours in a row.
//   ROWS, COLUMNS                   of an image of y
//   BLOCKS                          of four filters in a group, the last one with weights of zero where filters end
//   GROUP_FILTERS, GROUP_CHANNELS   of a group
//   DEPTHWISE                       a block is four channels with a filter each, all of them one group
//   LANES                           channels at a time: 4 where groups are multiples of it: a texel is read once
//   WINDOW_*, STRIDE_*, DILATION_*  by rows and columns
//   RESULT_FACTOR                   of i8: what a sum of integers becomes a result by
//   weights                         [group][block][window row][window column][channel][4], of the type of x: HALF_WEIGHTS, BYTE_WEIGHTS
#if defined(HALF_WEIGHTS)
#define WEIGHTS_PARAMETER __global const half* restrict weights
#define LOAD_WEIGHTS(at) vload_half4(at, weights)
#elif defined(BYTE_WEIGHTS)
#define WEIGHTS_PARAMETER __global const char* restrict weights
#define LOAD_WEIGHTS(at) convert_float4(vload4(at, weights))
#else
#define WEIGHTS_PARAMETER __global const float* restrict weights
#define LOAD_WEIGHTS(at) vload4(at, weights)
#endif

// Stores of i8 take an integer, and saturate.
#if defined(BYTE_WEIGHTS)
#define RESULT(sum) convert_int_sat_rte((sum) * RESULT_FACTOR)
#else
#define RESULT(sum) (sum)
#endif

__kernel void conv2d(X_PARAMETERS, Y_PARAMETERS, WEIGHTS_PARAMETER) {
  const int first_column = (int)get_global_id(0) * PIXELS;
  if (first_column >= COLUMNS) return;
  const int row = (int)get_global_id(1) % ROWS;
  const int image = (int)get_global_id(1) / ROWS;
  const int block = (int)get_global_id(2);
  const int group = block / BLOCKS;
  const int first_filter = block % BLOCKS * 4;
#if defined(DEPTHWISE)
  const int first_channel = first_filter;
#else
  const int first_channel = group * GROUP_CHANNELS;
#endif

  float4 sums[PIXELS];
  for (int pixel = 0; pixel < PIXELS; ++pixel) sums[pixel] = (float4)(0.0f);
  size_t at = (size_t)block * (WINDOW_ROWS * WINDOW_COLUMNS * GROUP_CHANNELS);
  for (int r = 0; r < WINDOW_ROWS; ++r) {
    const int h = row * STRIDE_ROWS + r * DILATION_ROWS;
    for (int s = 0; s < WINDOW_COLUMNS; ++s) {
#if defined(DEPTHWISE)
      const float4 weight = LOAD_WEIGHTS(at++);
      for (int pixel = 0; pixel < PIXELS; ++pixel) {
        // Columns behind the last one repeat it; they are computed and not written.
        const int w = min(first_column + pixel, COLUMNS - 1) * STRIDE_COLUMNS + s * DILATION_COLUMNS;
        const float4 value = (float4)(
            read_x(X_ARGUMENTS, image, first_channel, h, w), read_x(X_ARGUMENTS, image, first_channel + 1, h, w),
            read_x(X_ARGUMENTS, image, first_channel + 2, h, w), read_x(X_ARGUMENTS, image, first_channel + 3, h, w));
        sums[pixel] += weight * value;
      }
#else
      for (int c = 0; c < GROUP_CHANNELS; c += LANES) {
        float4 weight[LANES];
        for (int lane = 0; lane < LANES; ++lane) weight[lane] = LOAD_WEIGHTS(at++);
        for (int pixel = 0; pixel < PIXELS; ++pixel) {
          const int w = min(first_column + pixel, COLUMNS - 1) * STRIDE_COLUMNS + s * DILATION_COLUMNS;
          for (int lane = 0; lane < LANES; ++lane) {
            sums[pixel] += weight[lane] * (float)read_x(X_ARGUMENTS, image, first_channel + c + lane, h, w);
          }
        }
      }
#endif
    }
  }

  const int filters = min(4, GROUP_FILTERS - first_filter);
  const int to = group * GROUP_FILTERS + first_filter;
  for (int pixel = 0; pixel < PIXELS; ++pixel) {
    const int column = first_column + pixel;
    if (column >= COLUMNS) break;
    write_y(Y_ARGUMENTS, image, to, row, column, RESULT(sums[pixel].x));
    if (filters > 1) write_y(Y_ARGUMENTS, image, to + 1, row, column, RESULT(sums[pixel].y));
    if (filters > 2) write_y(Y_ARGUMENTS, image, to + 2, row, column, RESULT(sums[pixel].z));
    if (filters > 3) write_y(Y_ARGUMENTS, image, to + 3, row, column, RESULT(sums[pixel].w));
  }
}
