// Before <hwy/foreach_target.h>, in code that keeps vectors in arrays or structures: SVE's and RVV's have no size that
// the compiler knows. NEON serves those processors of Arm.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
