// A source, a target and what moves the one into the other.
#include "kernels/layout/onednn_reorder.hpp"

#include <array>
#include <utility>

#include "harness/core/error.hpp"
#include "kernels/dense/onednn_library.hpp"
#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {

struct OneDnnReorder::State {
  OneDnnHandle engine = nullptr;
  OneDnnHandle stream = nullptr;
  OneDnnHandle primitive = nullptr;
  OneDnnHandle source = nullptr;
  OneDnnHandle target = nullptr;

  ~State() {
    const OneDnnFunctions& f = onednn_functions();
    if (primitive != nullptr) f.primitive_destroy(primitive);
    if (source != nullptr) f.memory_destroy(source);
    if (target != nullptr) f.memory_destroy(target);
    if (stream != nullptr) f.stream_destroy(stream);
    if (engine != nullptr) f.engine_destroy(engine);
  }
};

OneDnnReorder::OneDnnReorder(std::unique_ptr<State> state) : state_(std::move(state)) {}
OneDnnReorder::~OneDnnReorder() = default;

std::unique_ptr<OneDnnReorder> OneDnnReorder::make(const TensorView& source, const TensorView& target,
                                                   void* source_memory, void* target_memory, std::string* why_not) {
  const OneDnnLibrary& onednn = open_onednn();
  *why_not = onednn.library ? onednn_functions().missing : "oneDNN cannot be opened: " + onednn.why_not;
  if (!why_not->empty()) return nullptr;
  const OneDnnFunctions& f = onednn_functions();
  OneDnnDescription from;
  OneDnnDescription to;
  for (const auto& [description, view] : {std::pair{&from, &source}, std::pair{&to, &target}}) {
    if (description->describe(*view)) continue;
    *why_not = onednn.identity + " has no memory format for " + view->layout().name();
    return nullptr;
  }
  auto state = std::make_unique<State>();
  OneDnnHandle primitive = nullptr;
  const bool is_made = f.engine_create(&state->engine, kOneDnnCpuEngine, 0) == 0 &&
                       f.stream_create(&state->stream, state->engine, kOneDnnInOrder) == 0 &&
                       f.memory_create(&state->source, from.get(), state->engine, source_memory) == 0 &&
                       f.memory_create(&state->target, to.get(), state->engine, target_memory) == 0 &&
                       f.reorder_create(&primitive, from.get(), state->engine, to.get(), state->engine, nullptr) == 0;
  const bool is_ready = is_made && f.primitive_create(&state->primitive, primitive) == 0;
  if (primitive != nullptr) f.description_destroy(primitive);
  if (is_ready) return std::unique_ptr<OneDnnReorder>(new OneDnnReorder(std::move(state)));
  *why_not = onednn.identity + " has no reorder from " + source.layout().name() + " to " + target.layout().name();
  return nullptr;
}

void OneDnnReorder::execute() {
  const std::array<OneDnnArgument, 2> arguments = {OneDnnArgument{kOneDnnSource, state_->source},
                                                   OneDnnArgument{kOneDnnTarget, state_->target}};
  const OneDnnFunctions& f = onednn_functions();
  if (f.primitive_execute(state_->primitive, state_->stream, static_cast<int>(arguments.size()), arguments.data()) !=
          0 ||
      f.stream_wait(state_->stream) != 0) {
    throw Error("oneDNN's reorder failed", open_onednn().identity);
  }
}

}  // namespace hetscope
