// Index expressions and maps as OpenCL C (and C): statements for the parts that are used more than once, then one
// expression each. Power-of-two divisors become shifts and masks; the type is int where every value fits, else long.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/tensor/index_map.hpp"

namespace hetscope {

struct IndexNames {
  std::vector<std::string> variables;  // of the coordinates: int where their extents fit, else long
  std::string temporary = "p";         // p0, p1, ... are declared by the statements
  std::string table = "table";         // table0, table1, ... are arrays of the caller, of the type of the code
};

struct IndexCode {
  std::string type;                     // "int" or "long"
  std::vector<std::string> statements;  // "const int p0 = ...;", in order
  std::vector<std::string> expressions;
  std::vector<std::shared_ptr<const IndexTable>> tables;
};

IndexCode print_opencl(std::span<const IndexExpression> expressions, const IndexNames& names);

struct IndexMapCode {
  struct Piece {
    std::string condition;  // the first piece whose condition holds is meant; the last one's is "1"
    int source;
    double fill;
    std::vector<std::string> coordinates;
  };
  std::string type;
  std::vector<std::string> statements;
  std::vector<Piece> pieces;
  std::vector<std::shared_ptr<const IndexTable>> tables;
};

// The statements may be executed whichever piece is meant: they read nothing outside the tables.
IndexMapCode print_opencl(const IndexMap& map, const IndexNames& names);

// Of the code that print_opencl prints: every piece is computed for every element, as a GPU does.
IndexOperations count_operations(const IndexMap& map);

}  // namespace hetscope
