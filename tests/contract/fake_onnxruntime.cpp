// Two libraries that say they are ONNX Runtime: one of a release that is too old, one whose table cannot be had.
#include <cstdint>

namespace {

const void* const* no_table(std::uint32_t) { return nullptr; }
const char* version() { return HETSCOPE_FAKE_RELEASE; }

struct Base {
  const void* const* (*table)(std::uint32_t);
  const char* (*version)();
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const Base* OrtGetApiBase();
extern "C" const Base* OrtGetApiBase() {
  static const Base kBase = {no_table, version};
  return &kBase;
}
