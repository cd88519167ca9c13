// The split kernel of a registered operation: every other registered kernel of it may compute a part.
#pragma once

#include <memory>
#include <string>

#include "kernels/partition/split_kernel.hpp"
#include "kernels/registration.hpp"

namespace hetscope {

std::unique_ptr<Kernel> make_registered_split(std::string name, std::unique_ptr<Operation> operation);

}  // namespace hetscope
