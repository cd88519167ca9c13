// Before <hwy/foreach_target.h>, in code that keeps vectors in arrays or structures: SVE's and RVV's have no size that
// the compiler knows. NEON serves those processors of Arm. Processors with SSSE3 and no SSE4, of 2011 and before, have
// the baseline.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)
