// Kernels that crash, hang, leave, lie and throw: what a supervisor must survive, one fault a kernel.
#pragma once

#include "harness/kernel/catalog.hpp"

namespace hetscope {

// Adds the operation `faulty` (y = 2 x over `size` f32 elements, 64 by default) and its kernels:
//   faulty_none, faulty_none_either   right answers
//   faulty_segv                       SIGSEGV in its first run
//   faulty_segv_later                 SIGSEGV in its second visit of the measuring, after it was verified
//   faulty_hang                       never comes back
//   faulty_exit                       ends the process with code 3
//   faulty_wrong                      one element is wrong
//   faulty_throw, faulty_throw_later  an Error in prepare(), an Error while it is measured
//   faulty_memory                     asks for more memory than there is
void add_faulty_kernels(Catalog& catalog);

}  // namespace hetscope
