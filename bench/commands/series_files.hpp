// The terms of a series as packed files (docs/tasd_format.md): written for whoever multiplies with them, and looked at.
#pragma once

#include <string>
#include <vector>

#include "bench/commands/series_answer.hpp"
#include "kernels/sparse/packed_term.hpp"

namespace hetscope {

// Throws Error when the folder holds a series: terms of it that are left over would be taken for terms of the next one.
void check_vacant(const std::string& folder);

// Decomposes the problem's matrix and writes FOLDER/term-1.nm, term-2.nm, ..., a file of one packed term each, in the
// order of extraction, and FOLDER/series.json, which names them, the series and the matrix. A residual is not written:
// it is the matrix without the terms. Throws Error when a file cannot be written.
void save_series(const std::string& folder, const SeriesProblem& problem, const ChosenSeries& chosen);

struct PackedTermFile {
  std::string path;
  std::vector<PackedTerm> terms;
};

// Throws Error, with the file and the place in it, for what load_packed() refuses.
std::vector<PackedTermFile> load_packed_files(const std::vector<std::string>& paths);

// Of each term its pattern, type, shape, slots that hold an entry, and stored bytes: hetscope/packed/1 for programs, a
// table of Markdown for people.
std::string packed_json(const std::vector<PackedTermFile>& files);
std::string packed_text(const std::vector<PackedTermFile>& files);

}  // namespace hetscope
