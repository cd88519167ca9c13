// Edit distance for "did you mean", and the one wording of "unknown name".
#include "harness/core/registry.hpp"

#include <algorithm>

namespace hetscope {
namespace {

// Names are short; a word longer than this is no misspelling of one, and the distance is quadratic in its length.
constexpr std::size_t kLongestName = 200;

// Optimal string alignment: insert, delete, replace, or swap two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t columns = b.size() + 1;
  std::vector<std::size_t> before_last(columns);
  std::vector<std::size_t> last(columns);
  std::vector<std::size_t> row(columns);
  for (std::size_t j = 0; j < columns; ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j < columns; ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string closest_name(std::string_view word, std::span<const std::string> names) {
  if (word.empty() || word.size() > kLongestName) return {};
  const std::size_t near = std::max<std::size_t>(2, word.size() / 3);
  std::size_t best_distance = near + 1;
  std::string best;
  for (const std::string& name : names) {
    if (name.size() > kLongestName) continue;
    const std::size_t distance = edit_distance(word, name);
    // Two short words that share no letter are within two edits of each other, yet not near.
    if (distance >= std::max(word.size(), name.size())) continue;
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

Error unknown_name(std::string_view kind, std::string_view word, std::span<const std::string> names,
                   std::string where) {
  std::string shown(word.substr(0, kLongestName));
  if (shown.size() < word.size()) shown += "...";
  std::string problem = "unknown " + std::string(kind) + " '" + shown + "'";
  const std::string near = closest_name(word, names);
  if (!near.empty()) return Error(problem + "; did you mean '" + near + "'?", std::move(where));
  if (names.empty()) return Error(problem, std::move(where), "there is none");
  std::string list = "known: ";
  for (std::size_t i = 0; i < names.size(); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return Error(std::move(problem), std::move(where), std::move(list));
}

}  // namespace hetscope
