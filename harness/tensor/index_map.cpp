// Composition, simplification, inversion and evaluation of index maps.
#include "harness/tensor/index_map.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/tensor/host_tensor.hpp"
#include "harness/tensor/index_print.hpp"

namespace hetscope {
namespace {

// Simplification is repeated until nothing changes; one or two rounds do, this many is a bug.
constexpr int kMaxRounds = 16;

std::vector<IndexExpression> simplified_all(std::vector<IndexExpression> expressions, IndexSimplifier& simplifier) {
  for (IndexExpression& expression : expressions) expression = simplifier.simplify(expression);
  return expressions;
}

// Divisions and remainders first, whatever the rest costs; then every other operation alike.
std::int64_t cost_of(const IndexMap& map) {
  constexpr std::int64_t kPerDivision = 1'000'000;
  const IndexOperations count = count_operations(map);
  return kPerDivision * count.divisions_and_remainders() + count.shifts + count.masks + count.multiplications +
         count.additions + count.lookups + count.comparisons;
}

void check_rank(const Shape& shape) {
  if (shape.rank() <= IndexMap::kMaxRank) return;
  throw Error("an index map of rank " + std::to_string(shape.rank()), "shape " + shape.to_string(),
              "at most " + std::to_string(IndexMap::kMaxRank) + " dimensions");
}

// Simplifies `piece` in place; false when its conditions never hold.
bool simplify_piece(IndexPiece& piece, IndexPolicy policy) {
  IndexSimplifier simplifier(policy);
  std::vector<IndexCondition> kept;
  for (IndexCondition& condition : piece.conditions) {
    const IndexVerdict verdict = simplifier.assume(condition);
    if (verdict == IndexVerdict::never) return false;
    if (verdict == IndexVerdict::always) continue;
    const auto same = std::ranges::find(kept, condition.expression, &IndexCondition::expression);
    if (same == kept.end()) {
      kept.push_back(condition);
    } else {
      same->min = std::max(same->min, condition.min);
      same->max = std::min(same->max, condition.max);
    }
  }
  piece.conditions = std::move(kept);
  piece.coordinates = simplified_all(std::move(piece.coordinates), simplifier);
  return true;
}

bool same_target(const IndexPiece& a, const IndexPiece& b) {
  if (a.source != b.source || a.coordinates != b.coordinates) return false;
  // By bits: a fill of NaN is equal to itself.
  return a.source != IndexPiece::kFill || std::bit_cast<std::uint64_t>(a.fill) == std::bit_cast<std::uint64_t>(b.fill);
}

// Whether `general` reads, where the conditions of `special` hold, what `special` reads: simplification under a
// condition may have made one coordinate look different on both sides of it.
bool covers(const IndexPiece& general, const IndexPiece& special, IndexPolicy policy) {
  if (same_target(general, special)) return true;
  if (general.source != special.source || general.source == IndexPiece::kFill) return false;
  IndexPiece narrowed = general;
  narrowed.conditions = special.conditions;
  return simplify_piece(narrowed, policy) && narrowed.coordinates == special.coordinates;
}

// The conditions of two pieces in one, when they differ by neighbouring intervals of one expression.
std::optional<std::vector<IndexCondition>> united(const std::vector<IndexCondition>& a,
                                                  const std::vector<IndexCondition>& b) {
  if (a.size() != b.size()) return std::nullopt;
  std::vector<IndexCondition> both = a;
  bool is_open = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    const bool are_neighbours = a[i].max + 1 == b[i].min || b[i].max + 1 == a[i].min;
    if (is_open || !are_neighbours || !(a[i].expression == b[i].expression)) return std::nullopt;
    is_open = true;
    both[i].min = std::min(a[i].min, b[i].min);
    both[i].max = std::max(a[i].max, b[i].max);
  }
  return both;
}

// Joins `next` into `piece`, the one before it, when one says the same as both.
bool join(IndexPiece& piece, const IndexPiece& next, IndexPolicy policy) {
  // What has no condition is reached wherever `piece` does not hold.
  auto conditions =
      next.conditions.empty() ? std::optional(next.conditions) : united(piece.conditions, next.conditions);
  if (!conditions) return false;
  if (!next.conditions.empty() && covers(piece, next, policy)) {
    piece.conditions = *std::move(conditions);
    return true;
  }
  if (!covers(next, piece, policy)) return false;
  piece = next;
  piece.conditions = *std::move(conditions);
  return true;
}

std::vector<IndexPiece> joined(std::vector<IndexPiece> pieces, IndexPolicy policy) {
  std::vector<IndexPiece> result;
  for (IndexPiece& piece : pieces) {
    if (result.empty() || !join(result.back(), piece, policy)) result.push_back(std::move(piece));
    if (result.back().conditions.empty()) break;  // what follows is never reached
  }
  return result;
}

}  // namespace

bool operator==(const IndexPiece& a, const IndexPiece& b) { return a.conditions == b.conditions && same_target(a, b); }

std::vector<IndexExpression> coordinates_of(const Shape& shape) {
  std::vector<IndexExpression> variables;
  for (int axis = 0; axis < shape.rank(); ++axis) variables.push_back(IndexExpression::variable(axis, shape[axis]));
  return variables;
}

IndexExpression row_major_offset(std::span<const IndexExpression> coordinates, const Shape& shape) {
  assert(static_cast<int>(coordinates.size()) == shape.rank());
  std::vector<IndexTerm> terms;
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    terms.insert(terms.begin(), {stride, coordinates[static_cast<std::size_t>(axis)]});
    stride *= shape[axis];
  }
  return IndexExpression::sum(0, std::move(terms));
}

std::vector<IndexExpression> coordinates_at(const IndexExpression& offset, const Shape& shape) {
  std::vector<IndexExpression> coordinates;
  std::int64_t stride = shape.element_count();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    stride /= shape[axis];
    IndexExpression coordinate = stride == 1 ? offset : IndexExpression::floor_div(offset, stride);
    coordinates.push_back(axis == 0 ? coordinate : IndexExpression::mod(std::move(coordinate), shape[axis]));
  }
  return coordinates;
}

IndexMap::IndexMap(Shape output, std::vector<Shape> sources, std::vector<IndexPiece> pieces)
    : output_(std::move(output)), sources_(std::move(sources)), pieces_(std::move(pieces)) {
  check_rank(output_);
  for (const Shape& source : sources_) check_rank(source);
}

IndexMap IndexMap::whole(const Shape& source, const Shape& output, std::vector<IndexExpression> coordinates,
                         std::optional<std::vector<IndexExpression>> inverse) {
  IndexPiece piece;
  piece.source = 0;
  piece.coordinates = std::move(coordinates);
  IndexMap map(output, {source}, {std::move(piece)});
  map.inverse_ = std::move(inverse);
  return map;
}

IndexMap compose(const IndexMap& outer, std::span<const IndexMap> inners) {
  if (inners.size() != outer.sources_.size()) {
    throw Error("a map of " + std::to_string(outer.sources_.size()) + " sources composed with " +
                std::to_string(inners.size()) + " maps");
  }
  std::vector<Shape> sources;
  std::vector<int> first_source;
  for (std::size_t i = 0; i < inners.size(); ++i) {
    if (inners[i].output_ != outer.sources_[i]) {
      throw Error("a map that reads " + outer.sources_[i].to_string() + " composed with one that makes " +
                  inners[i].output_.to_string());
    }
    first_source.push_back(static_cast<int>(sources.size()));
    sources.insert(sources.end(), inners[i].sources_.begin(), inners[i].sources_.end());
  }
  std::vector<IndexPiece> pieces;
  for (const IndexPiece& piece : outer.pieces_) {
    if (piece.source == IndexPiece::kFill) {
      pieces.push_back(piece);
      continue;
    }
    const auto number = static_cast<std::size_t>(piece.source);
    IndexSubstitution through(piece.coordinates);
    for (const IndexPiece& inner : inners[number].pieces_) {
      IndexPiece both = inner;
      both.conditions = piece.conditions;
      for (const IndexCondition& condition : inner.conditions) {
        both.conditions.push_back({through(condition.expression), condition.min, condition.max});
      }
      for (IndexExpression& coordinate : both.coordinates) coordinate = through(coordinate);
      if (inner.source != IndexPiece::kFill) both.source = first_source[number] + inner.source;
      pieces.push_back(std::move(both));
    }
    if (pieces.size() > IndexMap::kMaxPieces) {
      throw Error("a composed index map of more than " + std::to_string(IndexMap::kMaxPieces) + " pieces", {},
                  "simplify the maps before they are composed");
    }
  }
  IndexMap map(outer.output_, std::move(sources), std::move(pieces));
  if (outer.inverse_ && inners.front().inverse_) {
    IndexSubstitution back(*inners.front().inverse_);
    map.inverse_.emplace();
    for (const IndexExpression& coordinate : *outer.inverse_) map.inverse_->push_back(back(coordinate));
  }
  return map;
}

IndexMap compose(const IndexMap& outer, const IndexMap& inner) { return compose(outer, std::span(&inner, 1)); }

IndexMap IndexMap::simplified_by(IndexPolicy policy) const {
  std::vector<IndexPiece> pieces;
  for (IndexPiece piece : pieces_) {
    if (simplify_piece(piece, policy)) pieces.push_back(std::move(piece));
  }
  assert(!pieces.empty());
  IndexMap map(output_, sources_, joined(std::move(pieces), policy));
  if (inverse_) {
    IndexSimplifier simplifier(policy);
    map.inverse_ = simplified_all(*inverse_, simplifier);
  }
  return map;
}

// The cheapest of what the policies make of this map, the first one where several are; this map when it is cheaper
// still.
IndexMap IndexMap::simplified_once() const {
  IndexMap best = simplified_by({});
  std::int64_t best_cost = cost_of(best);
  const auto offer = [&](IndexMap map) {
    const std::int64_t cost = cost_of(map);
    if (cost >= best_cost) return;
    best = std::move(map);
    best_cost = cost;
  };
  if (count_operations(best).divisions_and_remainders() > 0) {
    offer(simplified_by({.merge_quotients = false}));
    offer(simplified_by({.divide_under_remainder = false}));
    offer(simplified_by({.merge_quotients = false, .divide_under_remainder = false}));
  }
  offer(*this);
  return best;
}

IndexMap IndexMap::simplified() const {
  IndexMap map = simplified_once();
  for (int round = 0; round < kMaxRounds; ++round) {
    IndexMap again = map.simplified_once();
    if (again == map) return map;
    map = std::move(again);
  }
  assert(false && "index simplification does not settle");
  return map;
}

IndexMap IndexMap::with_sources(std::span<const int> numbers) const {
  if (numbers.size() != sources_.size()) {
    throw Error(std::to_string(numbers.size()) + " source numbers for a map of " + std::to_string(sources_.size()) +
                " sources");
  }
  std::vector<std::optional<Shape>> found(sources_.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 0 || static_cast<std::size_t>(numbers[i]) >= sources_.size()) {
      throw Error("source number " + std::to_string(numbers[i]) + " for a map of " + std::to_string(sources_.size()) +
                  " sources");
    }
    const auto number = static_cast<std::size_t>(numbers[i]);
    if (found[number] && *found[number] != sources_[i]) {
      throw Error("sources of the shapes " + found[number]->to_string() + " and " + sources_[i].to_string() +
                  " cannot be one tensor");
    }
    found[number] = sources_[i];
    count = std::max(count, number + 1);
  }
  IndexMap map = *this;
  map.sources_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (!found[i]) throw Error("source number " + std::to_string(i) + " is left out");
    map.sources_.push_back(*found[i]);
  }
  for (IndexPiece& piece : map.pieces_) {
    if (piece.source != IndexPiece::kFill) piece.source = numbers[static_cast<std::size_t>(piece.source)];
  }
  return map;
}

std::optional<IndexMap> IndexMap::inverted() const {
  if (!inverse_) return inverted_by_table();
  const bool is_one_expression = pieces_.size() == 1 && pieces_.front().conditions.empty();
  return whole(output_, sources_.front(), *inverse_,
               is_one_expression ? std::optional(pieces_.front().coordinates) : std::nullopt);
}

std::optional<IndexMap> IndexMap::inverted_by_table() const {
  const std::int64_t count = output_.element_count();
  if (sources_.size() != 1 || sources_.front().element_count() != count || count > kMaxTableElements) {
    return std::nullopt;
  }
  const Shape& source = sources_.front();
  IndexMapEvaluator evaluator(*this);
  std::vector<std::int64_t> position(static_cast<std::size_t>(count), -1);
  std::int64_t next = 0;
  bool is_bijection = true;
  for_each_index(output_, [&](std::span<const std::int64_t> index) {
    const IndexSource from = evaluator.at(index);
    std::int64_t offset = 0;
    for (int axis = 0; axis < source.rank() && from.valid; ++axis) {
      offset = offset * source[axis] + from.coordinates[static_cast<std::size_t>(axis)];
    }
    is_bijection = is_bijection && from.valid && position[static_cast<std::size_t>(offset)] < 0;
    position[static_cast<std::size_t>(offset)] = next++;
  });
  if (!is_bijection) return std::nullopt;
  const IndexExpression offset = row_major_offset(coordinates_of(source), source);
  auto table = std::make_shared<const IndexTable>(std::move(position));
  return whole(output_, source, coordinates_at(IndexExpression::lookup(std::move(table), offset), output_),
               std::nullopt);
}

IndexMapEvaluator::IndexMapEvaluator(const IndexMap& map)
    : output_(map.output()), values_([&] {
        std::vector<IndexExpression> expressions;
        for (const IndexPiece& piece : map.pieces()) {
          pieces_.push_back({{}, expressions.size(), piece.coordinates.size(), piece.source, piece.fill});
          for (const IndexCondition& condition : piece.conditions) {
            pieces_.back().bounds.push_back({condition.min, condition.max});
            expressions.push_back(condition.expression);
          }
          expressions.insert(expressions.end(), piece.coordinates.begin(), piece.coordinates.end());
        }
        return IndexEvaluator(expressions);
      }()) {}

IndexSource IndexMapEvaluator::at(std::span<const std::int64_t> index) {
  bool inside = static_cast<int>(index.size()) == output_.rank();
  for (std::size_t axis = 0; inside && axis < index.size(); ++axis) {
    inside = index[axis] >= 0 && index[axis] < output_[static_cast<int>(axis)];
  }
  if (!inside) throw Error("an index outside the shape " + output_.to_string());
  const std::span<const std::int64_t> values = values_(index);
  for (const Piece& piece : pieces_) {
    bool holds = true;
    for (std::size_t i = 0; i < piece.bounds.size() && holds; ++i) {
      const std::int64_t value = values[piece.first_value + i];
      holds = piece.bounds[i].min <= value && value <= piece.bounds[i].max;
    }
    if (!holds) continue;
    const bool valid = piece.source != IndexPiece::kFill;
    return {piece.source, valid, piece.fill,
            values.subspan(piece.first_value + piece.bounds.size(), piece.coordinate_count)};
  }
  assert(false && "the pieces of an index map cover its output");
  return {};
}

}  // namespace hetscope
