// Names of the roofs.
#include "harness/kernel/operation.hpp"

namespace hetscope {

std::string_view to_string(RoofKind kind) {
  switch (kind) {
    case RoofKind::bandwidth:
      return "bandwidth";
    case RoofKind::compute:
      return "compute";
    case RoofKind::launch:
      return "launch";
  }
  return "unknown";
}

}  // namespace hetscope
