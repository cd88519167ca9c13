// Memory that a host and an OpenCL device both use, by one of the ways OpenCL has. Between release() and the next
// acquire() it is the device's, at first too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

enum class HostAccess { write, read };

class SharedBytes {
 public:
  virtual ~SharedBytes() = default;
  virtual void set_argument(cl::Kernel& kernel, cl_uint index) = 0;
  // Enqueues what gives the host access; false when that takes no command. The content is kept either way. All three
  // throw cl::Error.
  virtual bool acquire(HostAccess access, cl::Event& done) = 0;
  virtual void release(HostAccess access) = 0;
  // Where the host finds the bytes, once what acquire() enqueued is done.
  virtual std::byte* host() = 0;
  // Memory of the host's own that the device was told to use, nullptr where there is none.
  virtual const std::byte* told() const { return nullptr; }
};

// no(): the device lacks what `sharing` (of kTransferSharings) needs.
Support supports_sharing(const std::string& sharing, const OpenClProcessor& device);
std::unique_ptr<SharedBytes> make_shared_bytes(const std::string& sharing, OpenClProcessor& device, std::int64_t bytes);

}  // namespace hetscope
