// Offsets, sizes and names of layouts.
#include "harness/tensor/layout.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>
#include <optional>
#include <utility>

#include "harness/core/decimal.hpp"
#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

struct Named {
  std::string_view name;
  std::array<int, 4> order;
  int packed_dim;
  int lanes;
};

// The first name of a layout is the one it prints as.
constexpr std::array<Named, 9> kNamed = {{
    {"NCHW", {0, 1, 2, 3}, -1, 1},
    {"NHWC", {0, 2, 3, 1}, -1, 1},
    {"NC4HW4", {0, 1, 2, 3}, 1, 4},
    {"NC8HW8", {0, 1, 2, 3}, 1, 8},
    {"NC16HW16", {0, 1, 2, 3}, 1, 16},
    {"NHWC4", {0, 2, 3, 1}, 1, 4},
    {"NCHW4c", {0, 1, 2, 3}, 1, 4},
    {"NCHW8c", {0, 1, 2, 3}, 1, 8},
    {"NCHW16c", {0, 1, 2, 3}, 1, 16},
}};

constexpr std::string_view kOrderPrefix = "order:";

// No rank and no number of lanes comes near it.
constexpr std::int64_t kMostSmall = 1 << 20;

std::optional<int> read_small(std::string_view text) {
  const auto value = read_whole(text);
  if (!value || *value < 0 || *value > kMostSmall) return std::nullopt;
  return static_cast<int>(*value);
}

Error bad_layout(std::string_view name, int rank) {
  return Error("unknown layout '" + std::string(name) + "' for rank " + std::to_string(rank), {},
               "use NCHW, NHWC, NC4HW4, NC8HW8, NC16HW16, NHWC4 (rank 4) or order:0,2,1 or order:0,2,1/p1x4");
}

// Why these make no layout; empty when they do.
std::string problem_with(const std::vector<int>& order, int packed_dim, int lanes) {
  if (order.size() > static_cast<std::size_t>(Shape::kMaxRank)) {
    return "a layout of " + std::to_string(order.size()) + " dimensions; at most " + std::to_string(Shape::kMaxRank);
  }
  const int rank = static_cast<int>(order.size());
  unsigned seen = 0;
  for (const int dim : order) {
    if (dim < 0 || dim >= rank || (seen & (1u << dim)) != 0) {
      return "a layout's order is no permutation of its " + std::to_string(rank) + " dimensions";
    }
    seen |= 1u << dim;
  }
  if (packed_dim < -1 || packed_dim >= rank) {
    return "a layout packs dimension " + std::to_string(packed_dim) + " of " + std::to_string(rank);
  }
  const bool lanes_fit = packed_dim < 0 ? lanes == 1 : lanes == 2 || lanes == 4 || lanes == 8 || lanes == 16;
  if (lanes_fit) return {};
  return "a layout with " + std::to_string(lanes) + " lanes; 2, 4, 8 or 16 for a packed dimension, else 1";
}

}  // namespace

Layout::Layout(std::vector<int> order, int packed_dim, int lanes)
    : order_(std::move(order)), packed_dim_(packed_dim), lanes_(lanes) {
  const std::string problem = problem_with(order_, packed_dim_, lanes_);
  if (!problem.empty()) throw Error(problem);
}

Layout Layout::row_major(int rank) {
  std::vector<int> order(static_cast<std::size_t>(std::max(rank, 0)));
  std::iota(order.begin(), order.end(), 0);
  return Layout(std::move(order));
}

Layout Layout::parse(std::string_view name, int rank) {
  if (rank == 4) {
    for (const Named& named : kNamed) {
      if (named.name == name) return Layout({named.order.begin(), named.order.end()}, named.packed_dim, named.lanes);
    }
  }
  if (!name.starts_with(kOrderPrefix)) throw bad_layout(name, rank);
  std::string_view dims = name.substr(kOrderPrefix.size());
  int packed_dim = -1;
  int lanes = 1;
  if (const std::size_t slash = dims.find('/'); slash != std::string_view::npos) {
    std::string_view packing = dims.substr(slash + 1);
    dims = dims.substr(0, slash);
    const std::size_t by = packing.find('x');
    if (!packing.starts_with('p') || by == std::string_view::npos) throw bad_layout(name, rank);
    const auto dim = read_small(packing.substr(1, by - 1));
    const auto count = read_small(packing.substr(by + 1));
    if (!dim || !count) throw bad_layout(name, rank);
    packed_dim = *dim;
    lanes = *count;
  }
  std::vector<int> order;
  while (!dims.empty()) {
    const std::size_t comma = dims.find(',');
    const auto dim = read_small(dims.substr(0, comma));
    const bool ends_in_comma = comma == dims.size() - 1;
    if (!dim || ends_in_comma || order.size() >= static_cast<std::size_t>(Shape::kMaxRank)) {
      throw bad_layout(name, rank);
    }
    order.push_back(*dim);
    dims = comma == std::string_view::npos ? std::string_view() : dims.substr(comma + 1);
  }
  if (static_cast<int>(order.size()) != rank) throw bad_layout(name, rank);
  const std::string problem = problem_with(order, packed_dim, lanes);
  if (!problem.empty()) throw Error(problem, "layout '" + std::string(name) + "'");
  return Layout(std::move(order), packed_dim, lanes);
}

std::int64_t Layout::storage_elements(const Shape& shape) const {
  if (shape.rank() != rank()) {
    throw Error("layout " + name() + " does not fit the shape " + shape.to_string(), {}, "their ranks differ");
  }
  if (!is_packed()) return shape.element_count();
  const std::int64_t extent = shape[packed_dim_];
  return shape.element_count() / extent * divided_up(extent, lanes_) * lanes_;
}

std::int64_t Layout::offset(std::span<const std::int64_t> index, const Shape& shape) const {
  assert(shape.rank() == rank() && index.size() == order_.size());
  std::int64_t offset = 0;
  for (const int dim : order_) {
    const std::int64_t i = index[static_cast<std::size_t>(dim)];
    if (dim == packed_dim_) {
      offset = offset * divided_up(shape[dim], lanes_) + i / lanes_;
    } else {
      offset = offset * shape[dim] + i;
    }
  }
  if (!is_packed()) return offset;
  return offset * lanes_ + index[static_cast<std::size_t>(packed_dim_)] % lanes_;
}

std::string Layout::name() const {
  if (rank() == 4) {
    for (const Named& named : kNamed) {
      if (std::ranges::equal(named.order, order_) && named.packed_dim == packed_dim_ && named.lanes == lanes_) {
        return std::string(named.name);
      }
    }
  }
  std::string text(kOrderPrefix);
  for (std::size_t i = 0; i < order_.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(order_[i]);
  if (is_packed()) text += "/p" + std::to_string(packed_dim_) + "x" + std::to_string(lanes_);
  return text;
}

std::vector<int> order_with_last(int rank, int last) {
  std::vector<int> order;
  for (int dim = 0; dim < rank; ++dim) {
    if (dim != last) order.push_back(dim);
  }
  order.push_back(last);
  return order;
}

}  // namespace hetscope
