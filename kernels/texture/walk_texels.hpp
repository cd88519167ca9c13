// A walk in the host's memory, four lanes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/texture/walk.hpp"

namespace hetscope {

// The weighted sum, modulo 2^32, of what the reads begin .. end-1 take; read n goes where read n modulo the number of
// texels goes. `texels` are the rows with their padding.
std::uint32_t walk_texels(const Walk& walk, const std::byte* texels, std::int64_t begin, std::int64_t end);

}  // namespace hetscope
