// Lists of CPUs as the kernel writes them.
#include "harness/core/cpu_list.hpp"

#include <charconv>
#include <iterator>
#include <set>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// Larger than any machine; keeps "0-999999999" from becoming a list.
constexpr int kMaxCpuNumber = 65535;

// "12" of "12-15" at the front of `rest`, taken off it; false when there is no CPU number.
bool take_cpu(std::string_view& rest, int& cpu) {
  if (rest.empty() || rest.front() < '0' || rest.front() > '9') return false;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), cpu);
  if (code != std::errc() || cpu > kMaxCpuNumber) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  std::string_view rest = text;
  bool well_formed = true;
  while (well_formed) {
    int first = 0;
    well_formed = take_cpu(rest, first);
    int last = first;
    if (well_formed && rest.starts_with('-')) {
      rest.remove_prefix(1);
      well_formed = take_cpu(rest, last) && last >= first;
    }
    for (int cpu = first; well_formed && cpu <= last; ++cpu) cpus.insert(cpu);
    if (rest.empty()) break;
    well_formed = well_formed && (rest.front() == ',' || rest.front() == '+');
    rest.remove_prefix(1);
  }
  if (!well_formed)
    throw Error("'" + std::string(text) + "' is not a list of CPUs", "", "write it like 0-3,6 or 0-3+6");
  return {cpus.begin(), cpus.end()};
}

std::string format_cpu_list(const std::vector<int>& cpus) {
  const std::set<int> sorted(cpus.begin(), cpus.end());
  std::string text;
  for (auto first = sorted.begin(); first != sorted.end();) {
    auto next = std::next(first);
    int last = *first;
    while (next != sorted.end() && *next == last + 1) last = *next++;
    if (!text.empty()) text += ',';
    text += std::to_string(*first);
    if (last != *first) text += '-' + std::to_string(last);
    first = next;
  }
  return text;
}

}  // namespace hetscope
