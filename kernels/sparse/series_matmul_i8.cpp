// The fused product of i8 operands, with exact sums in i32.
#include "kernels/sparse/series_matmul_share.hpp"

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse/series_matmul_i8.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/sparse/series_matmul-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

void multiply_share_of_type(const SeriesMatmulShare<std::int8_t, std::int32_t>& s) { multiply_share<I8Elements>(s); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(multiply_share_of_type);
}

void multiply_share_i8(const SeriesMatmulShare<std::int8_t, std::int32_t>& s) {
  HWY_DYNAMIC_DISPATCH(multiply_share_of_type)(s);
}

}  // namespace hetscope
#endif
