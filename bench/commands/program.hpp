// The hetscope program as a function, so that a test can run it with a catalog of its own.
#pragma once

#include "harness/kernel/catalog.hpp"
#include "harness/run/supervisor.hpp"

namespace hetscope {

// Exit codes: 0 all well; 1 a record failed or mismatched, a file does not validate; 2 input or usage is wrong, with
// one line on standard error that says what, where and what to do; 3 undecided; 128 + N when signal N asked the run to
// end.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitInput = 2;
inline constexpr int kExitUndecided = 3;
inline constexpr int kExitSignal = 128;

// The baselines of this device are added to `catalog`.
// `backends` make the processors that workers see.
int hetscope_main(int argc, char** argv, Catalog catalog, const BackendMaker& backends = make_backends);

}  // namespace hetscope
