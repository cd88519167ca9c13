// A processor is a part of the device that computes: the CPU or one of its clusters, a GPU, an NPU. It holds memory and
// runs what it can: host functions, OpenCL programs, or whole sub-models. Kernels ask for the concrete class they need.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/support.hpp"

namespace hetscope {

// No more memory than this is used to evict caches.
inline constexpr std::int64_t kMaxEvictionBytes = std::int64_t{1} << 30;

enum class ProcessorKind { cpu, gpu, npu, accelerator };
std::string_view to_string(ProcessorKind kind);

// What it can be asked to run. A kernel serves exactly one of these. `parts`: a kernel that divides its work among
// several processors, each with a kernel of its own; no processor is of it.
enum class ProgramModel { host_function, opencl_c, submodel, parts };
std::string_view to_string(ProgramModel model);

struct ProcessorInfo {
  // Stable and unique on one device: "cpu", "cpu.big", "cpu@0-1", "opencl:0", "opencl:0/0of2".
  std::string name;
  ProcessorKind kind = ProcessorKind::cpu;
  ProgramModel program_model = ProgramModel::host_function;
  std::string model;      // "Intel(R) Xeon(R) Processor"
  std::string driver;     // "" for the host
  int compute_units = 1;  // cores or GPU compute units
  std::int64_t memory_bytes = 0;
  std::int64_t max_allocation_bytes = 0;  // of one piece
  std::int64_t cache_bytes = 0;           // last level, 0 when unknown
  bool runs_on_host_cpu = false;          // an OpenCL device that is the host's CPU: never evidence about a GPU
  bool is_fake = false;                   // made up, for tests: no row of it is evidence about anything
  // Everything else worth showing, in print order: {"image2d", "16384x16384"}.
  std::vector<std::pair<std::string, std::string>> details;
};

// In their order.
std::vector<std::string> names_of(std::span<const ProcessorInfo> processors);

class Processor {
 public:
  virtual ~Processor() = default;
  virtual const ProcessorInfo& info() const noexcept = 0;
  const std::string& name() const noexcept { return info().name; }
  // Waits until everything submitted to it is done.
  virtual void finish() = 0;
  // Reads and writes enough other memory, at most kMaxEvictionBytes, that what was cached is not: for cache=cold. no()
  // when it cannot be done here.
  virtual Support evict_caches() = 0;
  // Asked after a failure: whether it still does what it is given. no(): everything fails from now on, and only another
  // process may find it well. Throws nothing.
  virtual Support check() { return Support::yes(); }
};

// Something that finds processors. Each back end is one line of backends.inc.
struct Discovery {
  std::vector<ProcessorInfo> found;
  std::vector<std::string> missing;  // "opencl: no OpenCL library: tried libOpenCL.so.1, ...": one line each
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const noexcept = 0;  // the part of a processor's name before '.', ':', '@'
  virtual Discovery discover() = 0;
  // Opens the processor called `name`, which may be one that discover() does not list (an explicit CPU set, a
  // sub-device). Throws Error when there is none, with the names that exist, and Declined for a part into which the
  // processor cannot be divided.
  virtual std::unique_ptr<Processor> open(std::string_view name) = 0;
};

// One of each line of backends.inc.
std::vector<std::unique_ptr<Backend>> make_backends();

// The opened processors of this process, each opened once.
class ProcessorSet {
 public:
  ProcessorSet();
  explicit ProcessorSet(std::vector<std::unique_ptr<Backend>> backends);
  ~ProcessorSet();
  Discovery discover();
  Processor& at(std::string_view name);
  // The first no() of the opened ones' own checks.
  Support check();

 private:
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<std::unique_ptr<Processor>> opened_;
};

}  // namespace hetscope
