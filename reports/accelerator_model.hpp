// What a layer would cost on an accelerator that executes the slots of a series: tables of energies
// (scenarios/models/accelerators) and the arithmetic of docs/tasd.md. A model is no measurement; whoever prints its
// numbers marks them with ~ and names the table.
#pragma once

#include <cstdint>
#include <optional>
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
  int word_bits = 0;  // of the words and the multiply-adds that the energies are of
  // Picojoules: a multiply-add; a word of the left and of the right operand; an index word of 16 bits; an element of
  // the result read and written.
  double multiply_add_pj = 0;
  double left_word_pj = 0;
  double index_word_pj = 0;
  double right_word_pj = 0;
  double result_read_pj = 0;
  double result_write_pj = 0;
  // Comparing two magnitudes; nothing when the table's source has no such figure.
  std::optional<double> compare_pj;

  // "horowitz-fp32-45nm, 32-bit words": what stands with every number made by it.
  std::string title() const;
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

// When the entries that a series keeps are chosen: of weights ahead, of activations while the layer runs (TASD-A).
enum class Decomposed { ahead, while_running };
// Why the table says nothing of such a layer; "" when it does.
std::string why_not_modelled(const AcceleratorModel& model, Decomposed decomposed);

// One layer with b and c in place while the terms stream by: multiply-adds are m k n times the slots; a is read once,
// its values and ceil(log2 M) bits of index in words of 16; b is read once, whatever the number of terms, and c read
// and written once. Choosing entries while the layer runs compares each element of a N times for each term. Without
// terms the layer is dense. why_not_modelled() must be empty.
double modelled_energy_pj(const AcceleratorModel& model, const LayerExtents& layer, std::span<const ModelledTerm> terms,
                          Decomposed decomposed = Decomposed::ahead);
// Of the series over that of the dense layer. Delay is that of the multiply-adds alone, which is the slots: choosing
// entries is taken to be hidden behind them.
double modelled_edp_ratio(const AcceleratorModel& model, const LayerExtents& layer, std::span<const ModelledTerm> terms,
                          Decomposed decomposed = Decomposed::ahead);

}  // namespace hetscope
