// The inner loops of the CPU's convolution, with the widest vectors of the running CPU: one row of results for a few
// filters, from rows of pixels whose channels are innermost.
#pragma once

#include <cstdint>

namespace hetscope {

// `lanes` filters that see the same channels, or, of a depthwise convolution, as many channels with their filters.
struct ConvolutionBlock {
  // [window row][window column][channel][lane], lanes without a filter zero; depthwise: without channels.
  const float* weights = nullptr;
  std::int64_t lanes = 16;         // 4, 8 or 16; 16 when depthwise
  std::int64_t first_channel = 0;  // that the filters see
  std::int64_t channels = 1;
  bool is_depthwise = false;
};

struct ConvolutionSteps {
  std::int64_t window_rows = 1;
  std::int64_t window_columns = 1;
  std::int64_t tap_step = 1;    // floats from a window's column to the next
  std::int64_t pixel_step = 1;  // floats from the window of a result to the next one's
  std::int64_t result_step = 1;
};

// Results 0, 1, ... of a row: `lanes` floats each, at result + i * result_step; lanes without a filter are written too.
// rows[r] is the padded row of pixels under row r of the first window. Depthwise blocks read `lanes` floats of each
// pixel.
void convolve_row(const ConvolutionBlock& block, const ConvolutionSteps& steps, const float* const* rows,
                  std::int64_t count, float* result);

// Multiplied by `factor`, rounded to the nearest, saturated.
void pixels_to_i8(const float* from, std::int8_t* to, std::int64_t count, float factor);
void pixels_from_i8(const std::int8_t* from, float* to, std::int64_t count);

}  // namespace hetscope
