// A transfer as a Runnable, whatever the memory that is shared.
#pragma once

#include <memory>
#include <string_view>

#include "harness/core/case.hpp"
#include "harness/kernel/runnable.hpp"
#include "kernels/transfer/shared_bytes.hpp"

namespace hetscope {

// no(): the bytes do not fit into one allocation.
Support supports_transfer(std::int64_t bytes, const OpenClProcessor& device);
// `words` outlives the result. `source` has the kernels read_word, write_word, to_shared and from_shared, each with the
// shared memory and a plain buffer as arguments.
std::unique_ptr<Runnable> make_transfer(OpenClProcessor& device, const Case& item, const HostTensor& words,
                                        std::unique_ptr<SharedBytes> shared, std::string_view source);

}  // namespace hetscope
