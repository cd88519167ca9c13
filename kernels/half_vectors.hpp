// Code for AVX2 on CPUs with AVX-512, which have that, too: vectors of half the size are faster where the CPU computes
// the wide ones in halves, or where their addresses are not multiples of their size and each of them crosses a line.
#pragma once

#include <hwy/highway.h>

// As HWY_DYNAMIC_DISPATCH, but of the function that is compiled for AVX2. Only where HWY_DYNAMIC_DISPATCH would take
// one of wider vectors: others may lack AVX2.
#if HWY_TARGETS & HWY_AVX2
#define HETSCOPE_HALF_DISPATCH(FUNCTION) N_AVX2::FUNCTION
#else
#define HETSCOPE_HALF_DISPATCH(FUNCTION) HWY_DYNAMIC_DISPATCH(FUNCTION)
#endif
