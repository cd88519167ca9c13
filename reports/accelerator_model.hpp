// What a layer would cost on an accelerator that executes the slots of a series: tables of energies
// (scenarios/models/accelerators) and the arithmetic of docs/tasd.md. A model is no measurement; whoever prints its
// numbers marks them with ~ and names the table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/embedded_file.hpp"

namespace hetscope {

// The tables that are part of the program.
std::span<const EmbeddedFile> accelerator_files();

struct AcceleratorModel {
  std::string name;
  std::string source;
  std::string note;
  // Picojoules: a multiply-add; a word of the left and of the right operand; an index word of 16 bits; an element of
  // the result read and written.
  double multiply_add_pj = 0;
  double left_word_pj = 0;
  double index_word_pj = 0;
  double right_word_pj = 0;
  double result_read_pj = 0;
  double result_write_pj = 0;
};

// Throws Error (path and JSON pointer) for a text that is not of schema hetscope/accelerator-model/1.
AcceleratorModel parse_accelerator(std::string_view text, const std::string& path);
// Those of accelerator_files(), by name.
const std::vector<AcceleratorModel>& known_accelerators();

struct LayerExtents {
  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
};
struct ModelledTerm {
  int n = 0;
  int m = 0;
};
// "2:4+2:8"; empty when it is no series.
std::vector<ModelledTerm> modelled_terms(std::string_view series);
double slots_of_terms(std::span<const ModelledTerm> terms);

// One layer with b and c in place while the terms stream by: multiply-adds are m k n times the slots; a is read once,
// its values and ceil(log2 M) bits of index in words of 16; b is read once; c is read and written once. Without terms
// the layer is dense.
double modelled_energy_pj(const AcceleratorModel& model, const LayerExtents& layer,
                          std::span<const ModelledTerm> terms);
// Of the series over that of the dense layer. Delay is that of the multiply-adds alone, which is the slots.
double modelled_edp_ratio(const AcceleratorModel& model, const LayerExtents& layer,
                          std::span<const ModelledTerm> terms);

}  // namespace hetscope
