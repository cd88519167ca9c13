// What a function under test complains of.
#pragma once

#include <string>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {

// The one line of the Error that `body` throws; empty when it throws none.
template <class Body>
std::string error_of(Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace hetscope
