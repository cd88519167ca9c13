// Independent pieces of work on all CPUs, for what is computed before or after a measurement; nothing that is timed
// goes this way.
#pragma once

#include <cstddef>
#include <functional>

namespace hetscope {

// Calls work(i) once for each i below `count`, from several threads at once and in no particular order; returns when
// all are done. An exception ends the calls that have not begun; that of the lowest index is thrown again here.
void for_each_index(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace hetscope
