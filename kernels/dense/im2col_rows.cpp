// im2col_rows: row after row of the columns, a run of the image's row at a time: copied where the stride is 1, picked
// where not. Threads share the rows.
//   traffic: the image once for each tap of the filter, mostly from the caches; the columns written once
#include <algorithm>
#include <cstring>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/im2col.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// The part [begin, end) of an output row that lies within the image's row, for a tap that is `offset` to the right.
struct Inside {
  std::int64_t begin, end;
};
Inside inside_of(std::int64_t offset, std::int64_t stride, std::int64_t width, std::int64_t out_width) {
  const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const std::int64_t end = offset >= width ? 0 : (width - 1 - offset) / stride + 1;
  return {std::min(begin, out_width), std::clamp(end, std::min(begin, out_width), out_width)};
}

template <class T>
void fill_row(const Im2colProblem& problem, const T* image, std::int64_t row, T* columns) {
  const std::int64_t s = row % problem.filter_width;
  const std::int64_t r = row / problem.filter_width % problem.filter_height;
  const std::int64_t channel = row / problem.filter_width / problem.filter_height;
  const std::int64_t offset = s - problem.padding;
  const std::int64_t out_width = problem.out_width();
  const auto [begin, end] = inside_of(offset, problem.stride, problem.width, out_width);
  T* to = columns + row * problem.cols();
  for (std::int64_t out_y = 0; out_y < problem.out_height(); ++out_y, to += out_width) {
    const std::int64_t y = out_y * problem.stride + r - problem.padding;
    if (y < 0 || y >= problem.height || begin == end) {
      std::fill_n(to, out_width, T{});
      continue;
    }
    const T* from = image + ((channel * problem.height + y) * problem.width + offset + begin * problem.stride);
    std::fill_n(to, begin, T{});
    if (problem.stride == 1) {
      std::memcpy(to + begin, from, static_cast<std::size_t>(end - begin) * sizeof(T));
    } else {
      for (std::int64_t x = begin; x < end; ++x) to[x] = from[(x - begin) * problem.stride];
    }
    std::fill_n(to + end, out_width - end, T{});
  }
}

class RowsRunnable final : public HostRunnable {
 public:
  RowsRunnable(HostCpu& cpu, ThreadPool& pool, const Im2colProblem& problem, const HostTensor& image)
      : HostRunnable(cpu, pool),
        problem_(problem),
        image_(image),
        columns_(problem.dtype, Shape{problem.rows(), problem.cols()}, Layout::row_major(2)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(columns_.clone());
    return result;
  }

 protected:
  void run_once() override {
    switch (size_of(problem_.dtype)) {
      case 1:
        return fill<std::uint8_t>();
      case 2:
        return fill<std::uint16_t>();
      default:
        return fill<std::uint32_t>();
    }
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{image_.data(), image_.size_bytes()}, {columns_.data(), columns_.size_bytes()}};
  }

 private:
  template <class T>
  void fill() {
    pool().parallel_for(problem_.rows(), 1, [this](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) fill_row(problem_, image_.as<T>(), row, columns_.as<T>());
    });
  }

  Im2colProblem problem_;
  const HostTensor& image_;
  HostTensor columns_;
};

class Im2colRows final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "im2col_rows"; }
  std::string_view operation() const noexcept override { return "im2col"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<RowsRunnable>(cpu, pool, Im2colProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(im2col_rows, Im2colRows)

}  // namespace hetscope
