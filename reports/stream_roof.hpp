// Whether what a case and its load move together can be: no pair moves more than the machine's best stream does alone.
#pragma once

#include <optional>
#include <string>

#include "harness/core/case.hpp"
#include "reports/summary.hpp"

namespace hetscope {

// The case that ran beside a row; nothing where there is none, or none that parses: records may come from strangers.
std::optional<Case> load_of(const Record& record);
// Whether all executed bytes of an operation come from or go to memory.
bool is_stream(const std::string& operation);

struct StreamRoof {
  double gb_per_s = 0;       // executed bytes over the lower end of the time
  const Row* row = nullptr;  // the stream that reached it without a load
};

struct StreamsTogether {
  double gb_per_s = 0;             // of both, as measured beside each other
  bool is_one_memory = false;      // both processors are known to use the host's
  std::optional<StreamRoof> roof;  // of the same run; none without a trusted stream of at least half the working set
  // gb_per_s over the roof; nothing where the two may have memories of their own, or there is no roof.
  std::optional<double> over_roof() const;
};

// Of a row whose case and load are both streams of a working set of at least the limit `bytes` of detector D8, and that
// tells their bandwidth together; nothing of any other.
std::optional<StreamsTogether> streams_together(const Summary& summary, const Row& row);

}  // namespace hetscope
