// The launch of a convolution in OpenCL C, for whoever has images in a buffer or a texture, in any layout.
#pragma once

#include <cstdint>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/convolution/convolution.hpp"

namespace hetscope {

// The weights as conv2d.cl reads them, uploaded; they are of the problem's type.
cl::Buffer upload_convolution_weights(OpenClProcessor& device, const ConvolutionProblem& problem,
                                      const HostTensor& weights);

struct ConvolutionOperands {
  TensorView x;                  // in a buffer or an image2d
  std::int64_t image_width = 0;  // texels in a row of it
  TensorView y;                  // in a buffer
};
// Whose arguments 0, 1 and 2 are set to these. Throws Declined where the views have no OpenCL C.
Launch make_convolution_launch(OpenClProcessor& device, const ConvolutionProblem& problem,
                               const ConvolutionOperands& operands, const cl::Memory& x, const cl::Buffer& y,
                               const cl::Buffer& weights);

}  // namespace hetscope
