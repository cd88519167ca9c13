// With the widest vectors of the running CPU.
#include "kernels/activation/activate.hpp"

#include <cassert>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation/activate.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/elimination/activation_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

template <class Function>
void activate_by(DType dtype, const std::byte* in, std::byte* out, std::int64_t count, Function function) {
  if (dtype == DType::f16) {
    for_each_lane(reinterpret_cast<const std::uint16_t*>(in), reinterpret_cast<std::uint16_t*>(out), count, function);
  } else {
    for_each_lane(reinterpret_cast<const float*>(in), reinterpret_cast<float*>(out), count, function);
  }
}

void activate_elements(OperatorKind function, DType dtype, const std::byte* in, std::byte* out, std::int64_t count) {
  if (function == OperatorKind::gelu) return activate_by(dtype, in, out, count, GeluLanes());
  if (function == OperatorKind::silu) return activate_by(dtype, in, out, count, SiluLanes());
  activate_by(dtype, in, out, count, ReluLanes());
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(activate_elements);
}  // namespace

void activate(OperatorKind function, DType dtype, const std::byte* in, std::byte* out, std::int64_t count) {
  assert(works_on_elements(function));
  assert(dtype == DType::f32 || dtype == DType::f16);
  HWY_DYNAMIC_DISPATCH(activate_elements)(function, dtype, in, out, count);
}

}  // namespace hetscope
#endif  // HWY_ONCE
