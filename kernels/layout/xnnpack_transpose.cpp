// Declarations are those of xnnpack.h and pthreadpool.h. Debian's libxnnpack0 is older than the operator; the library
// inside PyPI's ExecuTorch has it.
#include "kernels/layout/xnnpack_transpose.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "harness/core/dynamic_library.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

using Handle = void*;
constexpr int kSuccess = 0;

struct WidthFunctions {
  int (*create)(std::uint32_t flags, Handle* made) = nullptr;
  int (*reshape)(Handle, std::size_t rank, const std::size_t* extents, const std::size_t* order, Handle pool) = nullptr;
  int (*setup)(Handle, const void* source, void* target) = nullptr;
};

struct Xnnpack {
  DynamicLibrary library;
  std::string why_not;
  std::array<WidthFunctions, 3> widths;  // of 1, 2 and 4 bytes
  int (*run)(Handle, Handle pool) = nullptr;
  int (*destroy)(Handle) = nullptr;
  Handle (*pool_create)(std::size_t threads) = nullptr;
  void (*pool_destroy)(Handle) = nullptr;
};

template <class F>
void find(Xnnpack& xnnpack, const std::string& name, F*& function) {
  function = xnnpack.library.function<F>(name.c_str());
  if (function == nullptr && xnnpack.why_not.empty()) xnnpack.why_not = xnnpack.library.path() + " has no " + name;
}

Xnnpack open_library() {
  Xnnpack result;
  std::vector<std::string> candidates = {"libXNNPACK.so", "libXNNPACK.so.0", "libexecutorch_backend_xnnpack.so"};
  if (const char* chosen = std::getenv("HETSCOPE_XNNPACK_LIBRARY"); chosen != nullptr) candidates = {chosen};
  result.library = DynamicLibrary::open_first(candidates, &result.why_not);
  if (!result.library) return result;
  result.why_not.clear();
  result.library.leak();
  constexpr std::array kNames = {"x8", "x16", "x32"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const std::string suffix = std::string("_transpose_nd_") + kNames[i];
    find(result, "xnn_create" + suffix, result.widths[i].create);
    find(result, "xnn_reshape" + suffix, result.widths[i].reshape);
    find(result, "xnn_setup" + suffix, result.widths[i].setup);
  }
  find(result, "xnn_run_operator", result.run);
  find(result, "xnn_delete_operator", result.destroy);
  find(result, "pthreadpool_create", result.pool_create);
  find(result, "pthreadpool_destroy", result.pool_destroy);
  int (*initialize)(const void*) = nullptr;
  find(result, "xnn_initialize", initialize);
  if (result.why_not.empty() && initialize(nullptr) != kSuccess) {
    result.why_not = result.library.path() + " does not support this CPU";
  }
  return result;
}

const Xnnpack& xnnpack() {
  static const Xnnpack kXnnpack = open_library();
  return kXnnpack;
}

}  // namespace

struct XnnpackTranspose::State {
  Handle pool = nullptr;  // nullptr: the calling thread
  Handle transpose = nullptr;

  ~State() {
    if (transpose != nullptr) xnnpack().destroy(transpose);
    if (pool != nullptr) xnnpack().pool_destroy(pool);
  }
};

std::string XnnpackTranspose::why_not() { return xnnpack().why_not; }
std::string XnnpackTranspose::identity() { return "XNNPACK in " + xnnpack().library.path(); }

XnnpackTranspose::XnnpackTranspose(const DensePermutation& permutation, std::size_t width_bytes, int threads,
                                   const std::byte* source, std::byte* target)
    : state_(std::make_unique<State>()) {
  const WidthFunctions& functions = xnnpack().widths[width_bytes == 4 ? 2 : width_bytes - 1];
  std::vector<std::size_t> extents(permutation.extents.begin(), permutation.extents.end());
  std::vector<std::size_t> order(permutation.order.begin(), permutation.order.end());
  if (extents.empty()) {
    extents = {1};
    order = {0};
  }
  if (threads > 1) state_->pool = xnnpack().pool_create(static_cast<std::size_t>(threads));
  if (functions.create(0, &state_->transpose) != kSuccess ||
      functions.reshape(state_->transpose, extents.size(), extents.data(), order.data(), state_->pool) != kSuccess ||
      functions.setup(state_->transpose, source, target) != kSuccess) {
    throw Error("XNNPACK refuses the transpose", identity());
  }
}

XnnpackTranspose::~XnnpackTranspose() = default;

void XnnpackTranspose::execute() {
  if (xnnpack().run(state_->transpose, state_->pool) != kSuccess) throw Error("XNNPACK's transpose failed", identity());
}

}  // namespace hetscope
