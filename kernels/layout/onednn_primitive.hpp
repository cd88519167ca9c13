// One primitive of oneDNN with what it runs on and works with: engine, stream, description and memories, all owned
// here.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {

// Release 2 describes an operation in a structure of the caller's, which `init` fills (0: it did), and makes the
// description of a primitive of it; release 3 makes the description at once. nullptr when the library refuses or is of
// another release.
OneDnnHandle describe_in_release_2(OneDnnHandle engine, const std::function<int(void* operation)>& init);

class OneDnnPrimitive {
 public:
  OneDnnPrimitive() = default;
  ~OneDnnPrimitive();
  OneDnnPrimitive(const OneDnnPrimitive&) = delete;
  OneDnnPrimitive& operator=(const OneDnnPrimitive&) = delete;

  // Why there can be no primitive at all: the library or a function of it is missing; "" when there can.
  static std::string why_not();

  // What follows says false when the library refuses: this is then good for nothing but to be destroyed.
  bool open();  // the engine and the stream, before the rest
  OneDnnHandle engine() const noexcept { return engine_; }
  // Takes over the description of the primitive; false for nullptr.
  bool describe(OneDnnHandle description) noexcept;
  // What the described primitive wants for one of its operands: kOneDnnWantedSource, kOneDnnWantedWeights. nullptr:
  // does not say.
  const void* wanted(int query) const;
  bool create();  // of the description
  // The place of an argument, which outlives the primitive.
  bool set_argument(int argument, const void* description, void* memory);
  // An argument of the library's own memory, as `wanted`, with the values that lie as `plain` at `values`.
  bool bring_argument(int argument, const void* plain, const void* values, const void* wanted);
  // The bytes of an argument of the library's own memory; empty where it does not say.
  std::span<const std::byte> brought(int argument) const;
  // Another place for an argument that has one.
  bool move_argument(int argument, void* memory);

  // Runs to its end; throws Error, naming `what`, when the library reports a failure.
  void execute(const char* what);

 private:
  bool run(OneDnnHandle primitive, std::span<const OneDnnArgument> arguments) const;
  OneDnnHandle memory_of(int argument) const;

  OneDnnHandle engine_ = nullptr;
  OneDnnHandle stream_ = nullptr;
  OneDnnHandle description_ = nullptr;
  OneDnnHandle primitive_ = nullptr;
  std::vector<OneDnnArgument> arguments_;
  std::size_t brought_bytes_ = 0;
};

}  // namespace hetscope
