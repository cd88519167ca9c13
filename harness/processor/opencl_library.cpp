// The OpenCL functions that the C++ bindings call, defined here and forwarded to the library opened at run time, so
// that the suite builds, links and starts where there is no OpenCL. Without the library every call returns an error
// code.
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/core/dynamic_library.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {
namespace {

std::vector<std::string> candidates() {
  if (const char* chosen = std::getenv("HETSCOPE_OPENCL_LIBRARY"); chosen != nullptr && *chosen != '\0')
    return {chosen};
  return {"libOpenCL.so.1",
          "libOpenCL.so",
          "/vendor/lib64/libOpenCL.so",  // Adreno
          "/system/vendor/lib64/libOpenCL.so",
          "/vendor/lib64/egl/libGLES_mali.so",  // Mali: OpenCL is inside the graphics driver
          "/vendor/lib64/libOpenCL-pixel.so",   // Tensor: hands its functions out one by one
          "/vendor/lib64/libPVROCL.so"};        // PowerVR
}

struct OpenClLibrary {
  DynamicLibrary library;
  std::string why_not;
  void* (*pixel_pointer)(const char*) = nullptr;

  OpenClLibrary() {
    const std::vector<std::string> names = candidates();
    library = DynamicLibrary::open_first(names, &why_not);
    library.leak();
    if (!library) return;
    pixel_pointer = library.function<void*(const char*)>("loadOpenCLPointer");
    if (auto* enable = library.function<void()>("enableOpenCL"); enable != nullptr && pixel_pointer != nullptr)
      enable();
    if (symbol("clGetPlatformIDs") == nullptr) {
      why_not = library.path() + " has no function clGetPlatformIDs";
      library = DynamicLibrary();
    }
  }

  void* symbol(const char* name) const noexcept {
    if (pixel_pointer != nullptr) return pixel_pointer(name);
    return library.symbol(name);
  }
};

const OpenClLibrary& opened_library() {
  static const OpenClLibrary kLibrary;
  return kLibrary;
}

template <class F>
struct Signature;
template <class R, class... Args>
struct Signature<R(Args...)> {
  using Result = R;
  template <std::size_t N>
  using Parameter = std::tuple_element_t<N, std::tuple<Args...>>;
};
template <class F>
using ResultOf = typename Signature<F>::Result;
template <class F, std::size_t N>
using ParameterOf = typename Signature<F>::template Parameter<N>;

// What a call without a library returns: the code itself, or null with the code in the last argument.
template <class R, class... Args>
R failure(cl_int code, Args... args) {
  if constexpr (std::is_same_v<R, cl_int>) {
    return code;
  } else if constexpr (std::is_pointer_v<R>) {
    const auto last = std::get<sizeof...(Args) - 1>(std::tuple<Args...>(args...));
    if constexpr (std::is_same_v<std::remove_const_t<decltype(last)>, cl_int*>) {
      if (last != nullptr) *last = code;
    }
    return nullptr;
  }
}

template <class F, class... Args>
ResultOf<F> forward(F* function, cl_int code_without, Args... args) {
  if (function != nullptr) return function(args...);
  return failure<ResultOf<F>>(code_without, args...);
}

template <class F>
F* find_function(const char* name) {
  return reinterpret_cast<F*>(opened_library().symbol(name));
}

// The loader's own answer to "there is no platform", which callers expect of this function only.
constexpr cl_int code_without(std::string_view function) {
  constexpr cl_int kPlatformNotFound = -1001;
  return function == "clGetPlatformIDs" ? kPlatformNotFound : CL_INVALID_OPERATION;
}

}  // namespace

Support open_opencl_library() {
  const OpenClLibrary& library = opened_library();
  return library.library ? Support::yes() : Support::no("no OpenCL library: " + library.why_not);
}

std::string opencl_library_path() { return opened_library().library.path(); }

}  // namespace hetscope

// Parameters and arguments of a function of n parameters; their types are read off the declaration in CL/cl.h.
#define HETSCOPE_P(f, n) hetscope::ParameterOf<decltype(f), n> a##n
#define HETSCOPE_P1(f) HETSCOPE_P(f, 0)
#define HETSCOPE_P2(f) HETSCOPE_P1(f), HETSCOPE_P(f, 1)
#define HETSCOPE_P3(f) HETSCOPE_P2(f), HETSCOPE_P(f, 2)
#define HETSCOPE_P4(f) HETSCOPE_P3(f), HETSCOPE_P(f, 3)
#define HETSCOPE_P5(f) HETSCOPE_P4(f), HETSCOPE_P(f, 4)
#define HETSCOPE_P6(f) HETSCOPE_P5(f), HETSCOPE_P(f, 5)
#define HETSCOPE_P7(f) HETSCOPE_P6(f), HETSCOPE_P(f, 6)
#define HETSCOPE_P8(f) HETSCOPE_P7(f), HETSCOPE_P(f, 7)
#define HETSCOPE_P9(f) HETSCOPE_P8(f), HETSCOPE_P(f, 8)
#define HETSCOPE_P10(f) HETSCOPE_P9(f), HETSCOPE_P(f, 9)
#define HETSCOPE_P11(f) HETSCOPE_P10(f), HETSCOPE_P(f, 10)
#define HETSCOPE_P12(f) HETSCOPE_P11(f), HETSCOPE_P(f, 11)
#define HETSCOPE_P13(f) HETSCOPE_P12(f), HETSCOPE_P(f, 12)
#define HETSCOPE_P14(f) HETSCOPE_P13(f), HETSCOPE_P(f, 13)
#define HETSCOPE_A1 a0
#define HETSCOPE_A2 HETSCOPE_A1, a1
#define HETSCOPE_A3 HETSCOPE_A2, a2
#define HETSCOPE_A4 HETSCOPE_A3, a3
#define HETSCOPE_A5 HETSCOPE_A4, a4
#define HETSCOPE_A6 HETSCOPE_A5, a5
#define HETSCOPE_A7 HETSCOPE_A6, a6
#define HETSCOPE_A8 HETSCOPE_A7, a7
#define HETSCOPE_A9 HETSCOPE_A8, a8
#define HETSCOPE_A10 HETSCOPE_A9, a9
#define HETSCOPE_A11 HETSCOPE_A10, a10
#define HETSCOPE_A12 HETSCOPE_A11, a11
#define HETSCOPE_A13 HETSCOPE_A12, a12
#define HETSCOPE_A14 HETSCOPE_A13, a13

// Hidden, so that the opened library's calls of its own functions never arrive here.
#define HETSCOPE_OPENCL_FUNCTION(name, count)                                                                         \
  extern "C" __attribute__((visibility("hidden"))) hetscope::ResultOf<decltype(name)> name(HETSCOPE_P##count(name)) { \
    static decltype(name)* const kFunction = hetscope::find_function<decltype(name)>(#name);                          \
    return hetscope::forward(kFunction, hetscope::code_without(#name), HETSCOPE_A##count);                            \
  }
#include "harness/processor/opencl_functions.inc"
#undef HETSCOPE_OPENCL_FUNCTION
