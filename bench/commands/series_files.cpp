// Packed files of the command line: a folder of terms, and a line for each term of a file.
#include "bench/commands/series_files.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::int64_t kept_entries(const PackedTerm& packed) {
  const std::vector<float> values = unpack(packed).values;
  return std::count_if(values.begin(), values.end(), [](float value) { return value != 0; });
}

double share_of_dense(const PackedTerm& packed) {
  const double dense_bytes =
      static_cast<double>(packed.rows * packed.cols) * static_cast<double>(size_of(packed.dtype));
  return static_cast<double>(packed.stored_bytes()) / dense_bytes;
}

nlohmann::json json_of(const PackedTerm& packed) {
  return {{"pattern", to_string(packed.pattern)},
          {"dtype", std::string(to_string(packed.dtype))},
          {"scale", packed.scale},
          {"rows", packed.rows},
          {"cols", packed.cols},
          {"index_bits", packed.index_bits},
          {"kept_entries", kept_entries(packed)},
          {"slots", packed.rows * packed.slots_per_row()},
          {"bytes", packed.stored_bytes()},
          {"of_dense_bytes", share_of_dense(packed)}};
}

std::string text_of(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

void check_vacant(const std::string& folder) {
  std::error_code fault;
  if (std::filesystem::exists(folder + "/series.json", fault) ||
      std::filesystem::exists(folder + "/term-1.nm", fault)) {
    throw Error("the directory holds a series already", folder, "choose another --save");
  }
}

void save_series(const std::string& folder, const SeriesProblem& problem, const ChosenSeries& chosen) {
  const std::vector<PackedTerm> terms = pack(decompose(problem.matrix(), chosen.series, {.keep_residual = false}));
  std::error_code fault;
  std::filesystem::create_directories(folder, fault);
  if (fault) throw Error("the directory cannot be made: " + fault.message(), folder, "choose another --save");
  nlohmann::json json = {{"schema", "hetscope/packed-series/1"},
                         {"problem", problem.key},
                         {"series", chosen.series.to_string()},
                         {"residual", chosen.keeps_rest ? "csr" : "drop"},
                         {"terms", nlohmann::json::array()}};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::string name = fmt::format("term-{}.nm", i + 1);
    save_packed(folder + "/" + name, std::span(terms).subspan(i, 1));
    json["terms"].push_back(json_of(terms[i]));
    json["terms"].back()["file"] = name;
  }
  write_file(folder + "/series.json", text_of(json));
}

std::vector<PackedTermFile> load_packed_files(const std::vector<std::string>& paths) {
  std::vector<PackedTermFile> files;
  for (const std::string& path : paths) files.push_back({path, load_packed(path)});
  return files;
}

std::string packed_json(const std::vector<PackedTermFile>& files) {
  nlohmann::json json = {{"schema", "hetscope/packed/1"}, {"terms", nlohmann::json::array()}};
  for (const PackedTermFile& file : files) {
    for (const PackedTerm& term : file.terms) {
      json["terms"].push_back(json_of(term));
      json["terms"].back()["file"] = file.path;
    }
  }
  return text_of(json);
}

std::string packed_text(const std::vector<PackedTermFile>& files) {
  std::string text =
      "| file | pattern | type | rows x columns | entries kept | slots | bytes | of the dense matrix |\n"
      "|---|---|---|---|---:|---:|---:|---:|\n";
  for (const PackedTermFile& file : files) {
    for (const PackedTerm& term : file.terms) {
      text += fmt::format("| {} | {} | {} | {} x {} | {} | {} | {} | {} |\n", escape_markdown(file.path),
                          to_string(term.pattern), to_string(term.dtype), term.rows, term.cols, kept_entries(term),
                          term.rows * term.slots_per_row(), term.stored_bytes(), format_number(share_of_dense(term)));
    }
  }
  return text;
}

}  // namespace hetscope
