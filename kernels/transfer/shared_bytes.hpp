// Memory that a host and an OpenCL device both use, by one of the ways OpenCL has. Between release() and the next
// acquire() it is the device's, at first too.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/kernel/opencl_sharing.hpp"
#include "kernels/copy/image_extent.hpp"

namespace hetscope {

enum class HostAccess { write, read };

class SharedBytes {
 public:
  virtual ~SharedBytes() = default;
  virtual void set_argument(cl::Kernel& kernel, cl_uint index) = 0;
  // Work-items that take all of it: one a word of a buffer, one a texel of an image.
  virtual std::size_t items() const = 0;
  // Enqueues what gives the host access; false when that takes no command. The content is kept either way. All three
  // throw cl::Error.
  virtual bool acquire(HostAccess access, cl::Event& done) = 0;
  virtual void release(HostAccess access) = 0;
  // Where the host finds the bytes, once what acquire() enqueued is done.
  virtual std::byte* host() = 0;
  // Memory of the host's own that the device was told to use, nullptr where there is none.
  virtual const std::byte* told() const { return nullptr; }
};

// The device has what `sharing` needs: supports_sharing().
std::unique_ptr<SharedBytes> make_shared_bytes(Sharing sharing, OpenClProcessor& device, std::int64_t bytes);
// An image of four words a texel, written and read whole.
std::unique_ptr<SharedBytes> make_shared_image(OpenClProcessor& device, const ImageExtent& extent);

}  // namespace hetscope
