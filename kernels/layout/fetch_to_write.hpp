// A hint to the cache: this line will be overwritten. Compilers turn their own builtin into a plain prefetch where the
// program's baseline lacks the instruction; processors without it take it for no operation.
#pragma once

namespace hetscope {

inline void fetch_to_write(void* line) {
#if defined(__x86_64__)
  asm volatile("prefetchw (%0)" : : "r"(line));
#else
  __builtin_prefetch(line, 1, 3);
#endif
}

}  // namespace hetscope
