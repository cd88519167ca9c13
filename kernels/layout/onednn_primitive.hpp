// One primitive of oneDNN with what it runs on and works with: engine, stream, description and memories, all owned
// here.
#pragma once

#include <string>
#include <vector>

#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {

class OneDnnPrimitive {
 public:
  OneDnnPrimitive() = default;
  ~OneDnnPrimitive();
  OneDnnPrimitive(const OneDnnPrimitive&) = delete;
  OneDnnPrimitive& operator=(const OneDnnPrimitive&) = delete;

  // Why there can be no primitive at all: the library or a function of it is missing; "" when there can.
  static std::string why_not();

  // What follows says false when the library refuses; only then is anything left to be done about it.
  bool open();  // the engine and the stream, before the rest
  OneDnnHandle engine() const noexcept { return engine_; }
  // Takes over the description of the primitive; false for nullptr.
  bool describe(OneDnnHandle description) noexcept;
  // What the described primitive wants for one of its operands: kOneDnnWantedSource, kOneDnnWantedWeights. nullptr:
  // does not say.
  const void* wanted(int query) const;
  // Of the memory of such an operand; 0: unknown.
  static std::int64_t bytes_of(const void* description);
  bool create();  // of the description
  // The place of an argument, which outlives the primitive.
  bool set_argument(int argument, const void* description, void* memory);
  // An argument of the library's own memory, as `wanted`, with the values that lie as `plain` at `values`.
  bool bring_argument(int argument, const void* plain, const void* values, const void* wanted);
  // Another place for an argument that has one.
  bool move_argument(int argument, void* memory);

  // Runs to its end; throws Error, naming `what`, when the library reports a failure.
  void execute(const char* what);

 private:
  OneDnnHandle engine_ = nullptr;
  OneDnnHandle stream_ = nullptr;
  OneDnnHandle description_ = nullptr;
  OneDnnHandle primitive_ = nullptr;
  std::vector<OneDnnArgument> arguments_;
};

}  // namespace hetscope
