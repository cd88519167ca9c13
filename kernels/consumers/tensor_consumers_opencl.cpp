// tensor_consumers_buffer and tensor_consumers_image2d: a launch for each copy that is written and each consumer, whose
// reads are generated from the copy's view. A texture is there already: nothing here writes one.
//   traffic: as tensor_consumers_rows, and the weights of a product once for each group of rows
#include <utility>

#include "kernels/consumers/consumers.hpp"
#include "kernels/elimination/pass_launcher.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr int kDimsInX = 1;

// What the launches read and write besides results: kernels do not keep their arguments alive.
struct DeviceTensors {
  std::vector<PassSource> copies;
  std::vector<cl::Buffer> others;
  std::vector<cl::Buffer> results;
};

class DeviceConsumers final : public OpenClRunnable {
 public:
  DeviceConsumers(OpenClProcessor& device, std::vector<Launch> launches, DeviceTensors tensors, ConsumerProblem problem)
      : OpenClRunnable(device, std::move(launches)), tensors_(std::move(tensors)), problem_(std::move(problem)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    for (std::size_t i = 0; i < tensors_.results.size(); ++i) {
      const Shape shape = problem_.result(problem_.consumers[i]);
      result.emplace_back(DType::f32, shape, Layout::row_major(shape.rank()));
      device().download(result[i].data(), tensors_.results[i], static_cast<std::int64_t>(result[i].size_bytes()));
    }
    return result;
  }
  Metrics metrics() override { return consumer_metrics(problem_); }
  std::map<std::string, std::string> notes() override { return consumer_notes(problem_); }

 protected:
  // Each consumer's launch reads a copy as argument 0 and writes its result as argument 1; before them a producer's,
  // one for each copy. Textures cross in no way that is known here.
  std::vector<DeviceOperand> shared_operands() const override {
    using Direction = DeviceOperand::Direction;
    std::vector<DeviceOperand> operands;
    const std::size_t producing = problem_.has_producer ? tensors_.copies.size() : 0;
    if (problem_.has_producer) operands.push_back({Direction::input, 0, tensors_.others.front(), {}});
    for (std::size_t launch = 0; launch < producing; ++launch) operands[0].arguments.emplace_back(launch, 0);
    for (std::size_t i = 0; i < tensors_.copies.size() && !problem_.has_producer; ++i) {
      if (tensors_.copies[i].image_width != 0) return {};
      operands.push_back({Direction::input, i, cl::Buffer(tensors_.copies[i].memory(), true), {}});
    }
    for (std::size_t i = 0; i < tensors_.results.size(); ++i) {
      if (producing == 0) operands[problem_.copy_for(problem_.consumers[i])].arguments.emplace_back(i, 0);
      operands.push_back({Direction::output, i, tensors_.results[i], {{producing + i, 1}}});
    }
    return operands;
  }

 private:
  DeviceTensors tensors_;
  ConsumerProblem problem_;
};

cl::Buffer uploaded(OpenClProcessor& device, const HostTensor& tensor) {
  const auto bytes = static_cast<std::int64_t>(tensor.size_bytes());
  cl::Buffer buffer = device.allocate(bytes, CL_MEM_READ_ONLY);
  device.upload(buffer, tensor.data(), bytes);
  return buffer;
}

template <Storage kStorage>
class TensorConsumersOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "tensor_consumers_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "tensor_consumers"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }
  Work executed_work(const Case& item, const Operation&) const override {
    return ConsumerProblem(item).executed_work();
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const ConsumerProblem problem(item);
    if (kStorage == Storage::image2d && problem.has_producer) {
      return Support::no("the producer writes element by element, which a texture does not take");
    }
    for (const Layout& copy : problem.copies) {
      TexelExtent extent;
      if (kStorage != Storage::image2d) continue;
      if (Support fits = fit_texels(device, DType::f32, problem.x, copy, kDimsInX, extent); !fits) return fits;
    }
    std::vector<PairPass> passes = problem.consuming(kStorage);
    for (PairPass& pass : problem.producing()) passes.push_back(std::move(pass));
    for (const PairPass& pass : passes) {
      if (Support support = supports_pass(pass, device); !support) return support;
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    ConsumerProblem problem(item);
    PassLauncher launcher(device);
    std::vector<Launch> launches;
    DeviceTensors tensors;
    if (problem.has_producer) {
      tensors.others.push_back(uploaded(device, inputs[0].tensor));
      for (const PairPass& pass : problem.producing()) {
        const cl::Buffer copy = device.allocate(pass.write.storage_bytes());
        launches.push_back(launcher.launch(pass, {tensors.others.front()}, copy, {}));
        tensors.copies.push_back({copy});
      }
    } else {
      for (std::size_t i = 0; i < problem.copies.size(); ++i) {
        tensors.copies.push_back(stored(device, inputs[i].tensor));
      }
    }
    std::size_t weights = problem.has_producer ? 1 : problem.copies.size();
    const std::vector<PairPass> consuming = problem.consuming(kStorage);
    for (std::size_t i = 0; i < consuming.size(); ++i) {
      std::vector<cl::Buffer> right;
      if (consuming[i].stages.front().weights != 0) right.push_back(uploaded(device, inputs[weights++].tensor));
      tensors.results.push_back(device.allocate(consuming[i].write.storage_bytes()));
      const PassSource& copy = tensors.copies[problem.copy_for(problem.consumers[i])];
      launches.push_back(launcher.launch(consuming[i], copy, tensors.results.back(), right));
      tensors.others.insert(tensors.others.end(), right.begin(), right.end());
    }
    return std::make_unique<DeviceConsumers>(device, std::move(launches), std::move(tensors), std::move(problem));
  }

 private:
  static PassSource stored(OpenClProcessor& device, const HostTensor& copy) {
    if constexpr (kStorage == Storage::image2d) {
      TexelExtent extent;
      const Support fits = fit_texels(device, copy.dtype(), copy.shape(), copy.layout(), kDimsInX, extent);
      if (!fits) throw Declined(fits);
      return {upload_texels(device, copy, extent), extent.width};
    }
    return {uploaded(device, copy), 0};
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(tensor_consumers_buffer, TensorConsumersOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(tensor_consumers_image2d, TensorConsumersOpenCl<Storage::image2d>)

}  // namespace hetscope
