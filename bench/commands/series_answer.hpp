// What `hetscope series` was asked and found, and how it says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/commands/series_problem.hpp"
#include "kernels/sparse/series_search.hpp"
#include "reports/accelerator_model.hpp"

namespace hetscope {

struct SeriesOptions {
  std::string file;
  std::string array;
  std::string case_line;
  std::string menu = "1:4,2:4,1:8,2:8,4:8";
  int terms = 2;
  std::vector<std::string> limits;
  std::string by = "slots";
  std::string accelerator = "sparseloop-dstc-45nm";
  std::int64_t columns = 64;
  bool spread = false;
  double budget_s = 1;
  bool as_json = false;
  std::string out;
  std::string save;                 // folder for the terms of the answer, as packed files
  std::vector<std::string> packed;  // such files, to be looked at in place of a search
};

// What was found, and what was asked.
struct SeriesAnswer {
  SeriesProblem problem;
  SearchRequest request;
  AcceleratorModel accelerator;
  LayerExtents extents;
  SearchResult result;
  std::optional<SeriesCandidate> spread;  // the best one after its columns were spread
  double spread_ns = 0;
  std::vector<SeriesProduct> products;  // by latency: the dense product first
  std::optional<std::size_t> fastest;   // of products, within the limits or losing nothing
  std::size_t not_measured = 0;         // candidates within the limits beyond those that are

  bool is_modelled() const;  // not i8: the tables have none of its words
  // Modelled, over that of the dense product.
  std::optional<double> edp_of(const Series& series) const;
};

// The series that answers the question: the best one, by latency the fastest; where none is within the limits, the one
// whose residual follows as compressed rows (`keeps_rest`).
struct ChosenSeries {
  Series series;
  bool keeps_rest = false;
};
// Nothing where even that is beyond the limit on the slots.
std::optional<ChosenSeries> chosen_series(const SeriesOptions& options, const SeriesAnswer& answer);

// hetscope/series/1, for programs; tables of Markdown for people.
std::string series_json(const SeriesOptions& options, const SeriesAnswer& answer);
std::string series_text(const SeriesOptions& options, const SeriesAnswer& answer);

}  // namespace hetscope
