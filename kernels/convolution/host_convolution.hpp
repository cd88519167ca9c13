// A convolution in the host's memory that reads its images and writes its results in any layout: rows of pixels are
// brought into a ring that stays in the cache, and every window row is read from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/support.hpp"
#include "harness/processor/thread_pool.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/convolution_tile.hpp"
#include "kernels/convolution/pixel_rows.hpp"

namespace hetscope {

class HostConvolution {
 public:
  // no() when a row of results, or the rows under it, need more than 1 GiB.
  static Support supports(const ConvolutionProblem& problem);

  // `weights` (f x c/g x r x s, row-major, the problem's type) are packed here. `threads`: of the pools that run it.
  HostConvolution(const ConvolutionProblem& problem, const Layout& input, const Layout& output,
                  const HostTensor& weights, int threads);

  // From x to y, in the layouts given; y's padding is left as it is.
  void run(const std::byte* x, std::byte* y, ThreadPool& pool);

  std::span<const std::byte> packed_weights() const { return std::as_bytes(std::span(weights_)); }

 private:
  // Of one worker: rows of pixels and which they are, and rows of results.
  struct Memory {
    std::vector<float> ring;
    std::vector<std::int64_t> held;  // n * H + h of each slot; -1: nothing
    std::vector<const float*> rows;  // under every window row of every row of results in a tile
    std::vector<float> results;
    std::vector<std::byte> stored_pixels;  // a row in the tensor's type
    std::vector<std::byte> stored_results;
  };
  void pack(const HostTensor& weights);
  // Rows [first, last) of one image's results.
  void run_rows(const std::byte* x, std::byte* y, std::int64_t n, std::int64_t first, std::int64_t last,
                Memory& memory) const;
  const float* row_of_pixels(const std::byte* x, std::int64_t n, std::int64_t h, Memory& memory) const;

  ConvolutionProblem problem_;
  std::int64_t pixel_pitch_;
  std::int64_t result_pitch_;
  std::int64_t row_floats_;  // of a padded row of pixels
  std::int64_t tile_rows_;   // of results at a time
  std::int64_t ring_rows_;
  PixelRows input_;
  PixelRows output_;
  ConvolutionSteps steps_;
  std::vector<float> weights_;
  std::vector<ConvolutionBlock> blocks_;  // by ascending filter: what a block writes too much, the next one overwrites
  std::vector<std::int64_t> first_filters_;
  std::vector<float> zeros_;
  std::vector<Memory> memory_;
};

}  // namespace hetscope
