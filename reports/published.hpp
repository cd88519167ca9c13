// Figures that papers print, as data files (scenarios/published/*.json): what was measured by others on their devices,
// with its source and with what does not add up in it. A published figure stands beside a measured one and never in a
// ratio with it: the devices differ.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

struct PublishedSource {
  std::string title;
  std::string authors;
  std::string venue;
  std::string identifier;  // DOI, arXiv number
  std::string place;       // "Table 8"
};

struct PublishedColumn {
  std::string name;
  std::string what;
  std::string unit;
  bool is_latency = false;  // of a whole model: what a measured latency is set beside
};

struct PublishedRow {
  std::string name;  // as printed
  std::string kind;
  std::vector<std::string> same_as;      // other names of the same model
  std::map<std::string, double> values;  // by column; what the paper does not have is not there
};

struct PublishedFigure {
  std::string name;
  double low = 0;  // a single value is both
  double high = 0;
  std::string unit;
  std::string what;
};

// A figure of the paper's text that its own table should give.
struct PublishedClaim {
  std::string what;
  std::optional<double> printed;
  double recomputed = 0;  // from the rows
  int rows = 0;           // that have both columns
};

struct PublishedSet {
  std::string name;
  std::string title;
  PublishedSource source;
  std::string device;
  std::string setting;
  std::vector<PublishedColumn> columns;
  std::vector<PublishedRow> rows;
  std::vector<PublishedFigure> figures;
  std::vector<PublishedClaim> claims;
  std::vector<std::string> inconsistencies;

  const PublishedColumn* column(std::string_view column_name) const;
  // The row of the model called `model`, whatever the case of its letters, its folder and its suffix; nullptr when the
  // paper has none.
  const PublishedRow* row_of_model(std::string_view model) const;
};

// Throws Error (with the place) for a file that is not of schema hetscope/published/1, names a column that is not
// there, has a name twice, or claims what its rows cannot give.
PublishedSet load_published(const std::string& path);

}  // namespace hetscope
