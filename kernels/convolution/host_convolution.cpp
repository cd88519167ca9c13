// The ring has a slot for every row that the windows of one tile of results see; a row is brought once for all of them.
#include "kernels/convolution/host_convolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hetscope {
namespace {

constexpr std::int64_t kMostLanes = 16;
constexpr std::int64_t kHalfPageFloats = 512;
constexpr std::int64_t kRingBytes = 256 * 1024;
constexpr std::int64_t kMostRingBytes = std::int64_t{1} << 30;
// Results of a filter block at a time, so that its weights are read from the second-level cache less often.
constexpr std::int64_t kTileResults = 56;

std::int64_t rounded_up(std::int64_t value, std::int64_t to) { return divided_up(value, to) * to; }

std::int64_t lanes_for(std::int64_t filters) { return filters <= 4 ? 4 : (filters <= 8 ? 8 : kMostLanes); }

// Depthwise blocks read whole vectors of a pixel's channels. Pixels half a page apart would share few sets of a cache.
std::int64_t pixel_pitch_for(const ConvolutionProblem& problem) {
  const std::int64_t pitch = problem.is_depthwise() ? rounded_up(problem.x[1], kMostLanes) : problem.x[1];
  return pitch % kHalfPageFloats == 0 ? pitch + kMostLanes : pitch;
}

std::int64_t result_pitch_for(const ConvolutionProblem& problem) {
  return rounded_up(problem.y[1], kMostLanes) + kMostLanes;
}

std::int64_t rows_under(const ConvolutionWindow& sliding, std::int64_t results) {
  return (results - 1) * sliding.stride.rows + (sliding.window.rows - 1) * sliding.dilation.rows + 1;
}

std::int64_t row_floats_for(const ConvolutionProblem& problem) {
  const ConvolutionWindow& sliding = problem.sliding;
  return (problem.x[3] + sliding.padding.columns + sliding.padding_behind.columns) * pixel_pitch_for(problem);
}

// Rows of padding have no slot.
std::int64_t ring_rows_for(const ConvolutionProblem& problem, std::int64_t results) {
  return std::min(rows_under(problem.sliding, results), problem.x[2]);
}

// As many as the cache holds, but a tile for every thread.
std::int64_t tile_rows_for(const ConvolutionProblem& problem, std::int64_t row_floats, int threads) {
  const std::int64_t share = divided_up(problem.y[0] * problem.y[2], std::int64_t{threads});
  std::int64_t rows = std::min({problem.y[2], divided_up(kTileResults, problem.y[3]), share});
  while (rows > 1 && 4 * row_floats * ring_rows_for(problem, rows) > kRingBytes) --rows;
  return rows;
}

}  // namespace

Support HostConvolution::supports(const ConvolutionProblem& problem) {
  const std::int64_t row = 4 * row_floats_for(problem);
  const std::int64_t rows = ring_rows_for(problem, 1);
  if (row > kMostRingBytes / rows) {
    return Support::no(
        fmt::format("{} padded rows of {} bytes of pixels are more than {} bytes", rows, row, kMostRingBytes));
  }
  const std::int64_t results = 4 * problem.y[3] * result_pitch_for(problem);
  if (results <= kMostRingBytes) return Support::yes();
  return Support::no(fmt::format("a row of results of {} bytes is more than {} bytes", results, kMostRingBytes));
}

HostConvolution::HostConvolution(const ConvolutionProblem& problem, const Layout& input, const Layout& output,
                                 const HostTensor& weights, int threads)
    : problem_(problem),
      pixel_pitch_(pixel_pitch_for(problem)),
      result_pitch_(result_pitch_for(problem)),
      row_floats_(row_floats_for(problem)),
      tile_rows_(tile_rows_for(problem, row_floats_, threads)),
      ring_rows_(ring_rows_for(problem, tile_rows_)),
      input_(TensorView(problem.dtype, problem.x, input), pixel_pitch_, PixelRows::Direction::read),
      output_(TensorView(problem.dtype, problem.y, output), result_pitch_, PixelRows::Direction::write,
              problem.result_factor()),
      steps_{problem.sliding.window.rows, problem.sliding.window.columns,
             problem.sliding.dilation.columns * pixel_pitch_, problem.sliding.stride.columns * pixel_pitch_,
             result_pitch_},
      zeros_(static_cast<std::size_t>(row_floats_), 0.0F) {
  pack(weights);
  for (int i = 0; i < threads; ++i) {
    // Zeroed once: nothing but pixels is written, so that what pads rows and channels stays zero.
    memory_.push_back({std::vector<float>(static_cast<std::size_t>(ring_rows_ * row_floats_), 0.0F),
                       std::vector<std::int64_t>(static_cast<std::size_t>(ring_rows_), -1),
                       {},
                       std::vector<float>(static_cast<std::size_t>(tile_rows_ * problem_.y[3] * result_pitch_), 0.0F),
                       std::vector<std::byte>(static_cast<std::size_t>(input_.scratch_bytes())),
                       std::vector<std::byte>(static_cast<std::size_t>(output_.scratch_bytes()))});
  }
}

void HostConvolution::pack(const HostTensor& weights) {
  const bool is_depthwise = problem_.is_depthwise();
  const std::int64_t taps = problem_.sliding.window.rows * problem_.sliding.window.columns;
  const std::int64_t channels = problem_.group_channels();
  // Depthwise, all groups are one row of channels.
  const std::int64_t groups = is_depthwise ? 1 : problem_.sliding.groups;
  const std::int64_t filters = problem_.sliding.filters / groups;
  const std::int64_t lanes = is_depthwise ? kMostLanes : lanes_for(filters);
  const std::int64_t blocks = divided_up(filters, lanes);
  weights_.assign(static_cast<std::size_t>(groups * blocks * taps * channels * lanes), 0.0F);
  float* to = weights_.data();
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t first = group * filters + block * lanes;
      const std::int64_t count = std::min(lanes, filters - block * lanes);
      blocks_.push_back({to, lanes, is_depthwise ? first : group * channels, channels, is_depthwise});
      first_filters_.push_back(first);
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        for (std::int64_t c = 0; c < channels; ++c, to += lanes) {
          for (std::int64_t lane = 0; lane < count; ++lane) {
            to[lane] = static_cast<float>(weights.get(((first + lane) * channels + c) * taps + tap));
          }
        }
      }
    }
  }
}

void HostConvolution::run(const std::byte* x, std::byte* y, ThreadPool& pool) {
  const std::int64_t tiles = divided_up(problem_.y[2], tile_rows_);
  pool.run([&](int worker) {
    Memory& memory = memory_[static_cast<std::size_t>(worker)];
    // The images are new for every run.
    std::ranges::fill(memory.held, -1);
    const auto [begin, end] = ThreadPool::share_of(worker, pool.size(), problem_.y[0] * tiles, 1);
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const std::int64_t first = tile % tiles * tile_rows_;
      run_rows(x, y, tile / tiles, first, std::min(first + tile_rows_, problem_.y[2]), memory);
    }
  });
}

const float* HostConvolution::row_of_pixels(const std::byte* x, std::int64_t n, std::int64_t h, Memory& memory) const {
  if (h < 0 || h >= problem_.x[2]) return zeros_.data();
  const std::int64_t slot = h % ring_rows_;
  float* row = memory.ring.data() + slot * row_floats_;
  std::int64_t& held = memory.held[static_cast<std::size_t>(slot)];
  if (held != n * problem_.x[2] + h) {
    input_.read(x, n, h, row + problem_.sliding.padding.columns * pixel_pitch_, memory.stored_pixels.data());
    held = n * problem_.x[2] + h;
  }
  return row;
}

void HostConvolution::run_rows(const std::byte* x, std::byte* y, std::int64_t n, std::int64_t first, std::int64_t last,
                               Memory& memory) const {
  const ConvolutionWindow& sliding = problem_.sliding;
  std::vector<const float*>& rows = memory.rows;
  rows.clear();
  for (std::int64_t p = first; p < last; ++p) {
    for (std::int64_t r = 0; r < sliding.window.rows; ++r) {
      rows.push_back(
          row_of_pixels(x, n, p * sliding.stride.rows + r * sliding.dilation.rows - sliding.padding.rows, memory));
    }
  }
  const std::int64_t result_row = problem_.y[3] * result_pitch_;
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    for (std::int64_t p = first; p < last; ++p) {
      convolve_row(blocks_[block], steps_, rows.data() + (p - first) * sliding.window.rows, problem_.y[3],
                   memory.results.data() + (p - first) * result_row + first_filters_[block]);
    }
  }
  for (std::int64_t p = first; p < last; ++p) {
    output_.write(memory.results.data() + (p - first) * result_row, n, p, y, memory.stored_results.data());
  }
}

}  // namespace hetscope
