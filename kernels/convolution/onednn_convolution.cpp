// Release 2 describes the operation in a structure of the caller's and makes a primitive's description of it; release 3
// makes the description at once.
#include "kernels/convolution/onednn_convolution.hpp"

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "kernels/dense/onednn_library.hpp"
#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {
namespace {

using Dims2 = std::array<std::int64_t, 2>;

// Of dnnl_types.h, the same in releases 2 and 3.
constexpr int kForwardInference = 96;
constexpr int kDirectOrWinograd = 3;
constexpr int kWeightsDescription = 131;
constexpr int kWeights = 33;
// dnnl_convolution_desc_t of release 2 holds seven memory descriptors.
constexpr std::size_t kOperationBytes = 16 * 1024;

using Numbers = const std::int64_t*;
// Release 3 has the first, release 2 the other two.
using CreateDescription = int(OneDnnHandle*, OneDnnHandle, int, int, const void*, const void*, const void*, const void*,
                              Numbers, Numbers, Numbers, Numbers, const void*);
using InitOperation = int(void*, int, int, const void*, const void*, const void*, const void*, Numbers, Numbers,
                          Numbers, Numbers);
using SetMemory = int(OneDnnHandle, void*);
using CreateOfOperation = int(OneDnnHandle*, const void*, const void*, OneDnnHandle, OneDnnHandle);

struct ConvolutionFunctions {
  CreateDescription* create = nullptr;
  InitOperation* init = nullptr;
  CreateOfOperation* create_of = nullptr;
  SetMemory* set_memory = nullptr;  // not needed to compute
};

const ConvolutionFunctions& functions() {
  static const ConvolutionFunctions kFunctions = [] {
    const DynamicLibrary& library = open_onednn().library;
    return ConvolutionFunctions{library.function<CreateDescription>("dnnl_convolution_forward_primitive_desc_create"),
                                library.function<InitOperation>("dnnl_dilated_convolution_forward_desc_init"),
                                library.function<CreateOfOperation>("dnnl_primitive_desc_create"),
                                library.function<SetMemory>("dnnl_memory_set_data_handle")};
  }();
  return kFunctions;
}

// The description of the primitive; nullptr when the library has none.
OneDnnHandle describe(const ConvolutionProblem& problem, const OneDnnDescription& x, const OneDnnDescription& weights,
                      const OneDnnDescription& y, OneDnnHandle engine) {
  const ConvolutionWindow& sliding = problem.sliding;
  const Dims2 strides = {sliding.stride.rows, sliding.stride.columns};
  // oneDNN counts what lies between taps.
  const Dims2 dilations = {sliding.dilation.rows - 1, sliding.dilation.columns - 1};
  const Dims2 padding = {sliding.padding.rows, sliding.padding.columns};
  const Dims2 behind = {sliding.padding_behind.rows, sliding.padding_behind.columns};
  OneDnnHandle primitive = nullptr;
  const ConvolutionFunctions& f = functions();
  if (f.create != nullptr) {
    const int status =
        f.create(&primitive, engine, kForwardInference, kDirectOrWinograd, x.get(), weights.get(), nullptr, y.get(),
                 strides.data(), dilations.data(), padding.data(), behind.data(), nullptr);
    return status == 0 ? primitive : nullptr;
  }
  if (f.init == nullptr || f.create_of == nullptr) return nullptr;
  std::vector<std::max_align_t> operation(kOperationBytes / sizeof(std::max_align_t));
  if (f.init(operation.data(), kForwardInference, kDirectOrWinograd, x.get(), weights.get(), nullptr, y.get(),
             strides.data(), dilations.data(), padding.data(), behind.data()) != 0) {
    return nullptr;
  }
  return f.create_of(&primitive, operation.data(), nullptr, engine, nullptr) == 0 ? primitive : nullptr;
}

// Groups are a dimension of their own.
Shape grouped_weights(const ConvolutionProblem& problem) {
  return {problem.sliding.groups, problem.group_filters(), problem.group_channels(), problem.sliding.window.rows,
          problem.sliding.window.columns};
}

}  // namespace

struct OneDnnConvolution::State {
  OneDnnHandle engine = nullptr;
  OneDnnHandle stream = nullptr;
  OneDnnHandle description = nullptr;
  OneDnnHandle primitive = nullptr;
  OneDnnHandle x = nullptr;
  OneDnnHandle weights = nullptr;
  OneDnnHandle y = nullptr;

  ~State() {
    const OneDnnFunctions& f = onednn_functions();
    for (const OneDnnHandle memory : {x, weights, y}) {
      if (memory != nullptr) f.memory_destroy(memory);
    }
    if (primitive != nullptr) f.primitive_destroy(primitive);
    if (description != nullptr) f.description_destroy(description);
    if (stream != nullptr) f.stream_destroy(stream);
    if (engine != nullptr) f.engine_destroy(engine);
  }

  // The weights as the primitive wants them, in memory of the library's own.
  bool bring_weights(const ConvolutionProblem& problem, const float* values) {
    // DNNL_MEMORY_ALLOCATE of dnnl_types.h.
    void* const allocate = reinterpret_cast<void*>(~std::size_t{0});
    const OneDnnFunctions& f = onednn_functions();
    const Shape shape = grouped_weights(problem);
    OneDnnDescription plain;
    const void* wanted = f.query_description(description, kWeightsDescription, 0);
    OneDnnHandle source = nullptr;
    OneDnnHandle reorder_description = nullptr;
    OneDnnHandle reorder = nullptr;
    bool is_done = wanted != nullptr && plain.describe(TensorView(DType::f32, shape, Layout::row_major(5))) &&
                   f.memory_create(&weights, wanted, engine, allocate) == 0 &&
                   f.memory_create(&source, plain.get(), engine, const_cast<float*>(values)) == 0 &&
                   f.reorder_create(&reorder_description, plain.get(), engine, wanted, engine, nullptr) == 0 &&
                   f.primitive_create(&reorder, reorder_description) == 0;
    if (is_done) {
      const std::array<OneDnnArgument, 2> arguments = {OneDnnArgument{kOneDnnSource, source},
                                                       OneDnnArgument{kOneDnnTarget, weights}};
      is_done = f.primitive_execute(reorder, stream, 2, arguments.data()) == 0 && f.stream_wait(stream) == 0;
    }
    if (reorder != nullptr) f.primitive_destroy(reorder);
    if (reorder_description != nullptr) f.description_destroy(reorder_description);
    if (source != nullptr) f.memory_destroy(source);
    return is_done;
  }
};

OneDnnConvolution::OneDnnConvolution(std::unique_ptr<State> state) : state_(std::move(state)) {}
OneDnnConvolution::~OneDnnConvolution() = default;

std::unique_ptr<OneDnnConvolution> OneDnnConvolution::make(const ConvolutionProblem& problem, const TensorView& x,
                                                           const TensorView& y, void* x_memory, void* y_memory,
                                                           const float* weights, std::string* why_not) {
  const OneDnnLibrary& onednn = open_onednn();
  *why_not = onednn.library ? onednn_functions().missing : "oneDNN cannot be opened: " + onednn.why_not;
  if (!why_not->empty()) return nullptr;
  const OneDnnFunctions& f = onednn_functions();
  OneDnnDescription from, to, any;
  for (const auto& [description, view] : {std::pair{&from, &x}, std::pair{&to, &y}}) {
    if (description->describe(*view)) continue;
    *why_not = onednn.identity + " has no memory format for " + view->layout().name();
    return nullptr;
  }
  auto state = std::make_unique<State>();
  *why_not = onednn.identity + " has no such convolution from " + x.layout().name() + " to " + y.layout().name();
  if (!any.describe_any(grouped_weights(problem).dims()) || f.engine_create(&state->engine, kOneDnnCpuEngine, 0) != 0 ||
      f.stream_create(&state->stream, state->engine, kOneDnnInOrder) != 0) {
    return nullptr;
  }
  state->description = describe(problem, from, any, to, state->engine);
  if (state->description == nullptr) return nullptr;
  if (weights != nullptr) {
    const bool is_ready = f.primitive_create(&state->primitive, state->description) == 0 &&
                          f.memory_create(&state->x, from.get(), state->engine, x_memory) == 0 &&
                          f.memory_create(&state->y, to.get(), state->engine, y_memory) == 0 &&
                          state->bring_weights(problem, weights);
    if (!is_ready) return nullptr;
  }
  why_not->clear();
  return std::unique_ptr<OneDnnConvolution>(new OneDnnConvolution(std::move(state)));
}

bool OneDnnConvolution::set_target(void* y_memory) {
  return functions().set_memory != nullptr && functions().set_memory(state_->y, y_memory) == 0;
}

void OneDnnConvolution::execute() {
  const std::array<OneDnnArgument, 3> arguments = {OneDnnArgument{kOneDnnSource, state_->x},
                                                   OneDnnArgument{kWeights, state_->weights},
                                                   OneDnnArgument{kOneDnnTarget, state_->y}};
  const OneDnnFunctions& f = onednn_functions();
  if (f.primitive_execute(state_->primitive, state_->stream, 3, arguments.data()) != 0 ||
      f.stream_wait(state_->stream) != 0) {
    throw Error("oneDNN's convolution failed", open_onednn().identity);
  }
}

}  // namespace hetscope
