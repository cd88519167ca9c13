// A report before it has a form: headings, paragraphs, tables, plots. Composed once from a Summary, so that the
// Markdown and the HTML report say the same; the writers know nothing of records and escape every text they are given.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

// What a text means, beside what it says; never the only carrier of a meaning.
enum class Tone { plain, good, bad, neutral, warning };

struct Heading {
  int level = 2;
  std::string text;
};

struct Paragraph {
  std::string text;
  Tone tone = Tone::plain;  // warning: set off from the rest
};

// What a question comes to. The verdict stands in words; the tone only repeats it.
struct Banner {
  std::string verdict;
  std::string question;
  std::string reason;
  Tone tone = Tone::plain;
};

struct List {
  std::vector<std::string> items;
  bool is_code = false;
};

struct Cell {
  std::string text;
  std::optional<double> sort_value = {};
  Tone tone = Tone::plain;
  bool is_code = false;
};

struct Column {
  std::string title;
  bool is_numeric = false;
  bool is_case = false;  // cells are case lines, shown as the command that runs them again
};

struct Table {
  bool is_facts = false;  // two columns, name and value: nothing to sort
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

// Shell commands or other lines to be copied.
struct Code {
  std::vector<std::string> lines;
};

enum class Quantity { ratio, time_ns };

struct PlotRow {
  std::string label;
  std::string detail;      // beside the label, in smaller type
  std::string axis_label;  // both in few words, the telling part first
  double centre = 0;
  Interval interval;              // of the centre
  std::optional<Interval> tails;  // p05..p95
  std::string value;              // what is printed beside it
  Tone tone = Tone::plain;
};

// Dots with their intervals on a common axis. HTML only: a table of the same numbers always stands beside it.
struct Plot {
  std::string title;
  Quantity quantity = Quantity::ratio;
  std::vector<PlotRow> rows;
  std::optional<Interval> band;  // shaded, for example 1 -/+ margin
};

// The raw samples of one case in the order of measurement, and their histogram. HTML only.
struct SampleChart {
  std::string label;
  std::vector<double> per_iteration_ns;
};

// Points on a plane with what bounds them: arithmetic over intensity, or bandwidth over bytes. Drawn only where
// Vega-Lite is; a table of the same numbers stands beside it.
struct RoofChart {
  std::string title;
  std::string x_title;
  std::string y_title;
  struct Point {
    std::string name;
    std::string detail;
    double x = 0;
    double y = 0;
  };
  std::vector<Point> points;
  struct Roof {
    std::string name;
    std::vector<std::pair<double, double>> line;  // x, y in ascending x
  };
  std::vector<Roof> roofs;
};

// A quantity over an axis of the cases, a line for each alternative: where do they cross?
struct LineChart {
  std::string title;
  std::string x_title;
  Quantity quantity = Quantity::time_ns;
  struct Point {
    double x = 0;
    double y = 0;
    Interval interval;
  };
  struct Series {
    std::string name;
    std::vector<Point> points;
  };
  std::vector<Series> series;
};

// What an execution consists of, a bar for each case.
struct StageChart {
  std::string title;
  struct Bar {
    std::string label;
    std::vector<std::pair<std::string, double>> stages_ns;
  };
  std::vector<Bar> bars;
};

// A value for each pair of two kinds, as a colour. Drawn only where Vega-Lite is; a table stands beside it.
struct HeatChart {
  std::string title;
  std::string x_title;
  struct Cell {
    std::string x;
    std::string y;
    double value = 0;
    std::string text;
  };
  std::vector<Cell> cells;
};

struct Block;
struct Details {
  std::string summary;
  std::vector<Block> blocks;
};

// One question and everything that answers it: a page on paper.
struct Sheet {
  std::vector<Block> blocks;
};

struct Block {
  std::variant<Heading, Paragraph, Banner, List, Table, Code, Plot, SampleChart, RoofChart, LineChart, StageChart,
               HeatChart, Details, Sheet>
      content;
};

struct Document {
  std::string title;
  std::vector<Block> blocks;

  template <class T>
  void add(T content) {
    blocks.push_back(Block{std::move(content)});
  }
};

}  // namespace hetscope
