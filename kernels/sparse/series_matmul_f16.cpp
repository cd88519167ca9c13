// The fused product of f16 operands: stored in 16 bits, multiplied and summed in f32, rounded once.
#include "kernels/sparse/series_matmul_share.hpp"

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse/series_matmul_f16.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/sparse/series_matmul-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

void multiply_share_of_type(const SeriesMatmulShare<std::uint16_t, std::uint16_t>& s) {
  multiply_share<F16Elements>(s);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(multiply_share_of_type);
}

void multiply_share_f16(const SeriesMatmulShare<std::uint16_t, std::uint16_t>& s) {
  HWY_DYNAMIC_DISPATCH(multiply_share_of_type)(s);
}

}  // namespace hetscope
#endif
