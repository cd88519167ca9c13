// layout_transform_eigen: Eigen's tensor shuffle, the permutation that a C++ program gets for the asking. Compiled, as
// its users do, for the instruction set that the whole program is compiled for. Its threads are Eigen's own.
//   traffic: elements read once (a line of the source is fetched again when it left the cache), storage written once
#include <array>

#define EIGEN_USE_THREADS
#include <unsupported/Eigen/CXX11/Tensor>

#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/dense_permutation.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Six dimensions, and the lanes of one packed on either side.
constexpr std::size_t kMaxShuffledRank = 8;

template <class T, int kRank>
void shuffle_rank(const DensePermutation& shuffle, const Eigen::ThreadPoolDevice& device, const T* source, T* target) {
  std::array<Eigen::Index, kRank> from{};
  std::array<Eigen::Index, kRank> to{};
  std::array<int, kRank> order{};
  for (std::size_t i = 0; i < kRank; ++i) {
    from[i] = shuffle.extents[i];
    order[i] = shuffle.order[i];
    to[i] = shuffle.extents[static_cast<std::size_t>(shuffle.order[i])];
  }
  const Eigen::TensorMap<Eigen::Tensor<const T, kRank, Eigen::RowMajor>> read(source, from);
  Eigen::TensorMap<Eigen::Tensor<T, kRank, Eigen::RowMajor>> write(target, to);
  write.device(device) = read.shuffle(order);  // with one thread it runs where it is called
}

template <class T>
void shuffle_elements(const DensePermutation& shuffle, const Eigen::ThreadPoolDevice& device, const T* source,
                      T* target) {
  switch (shuffle.extents.size()) {
    case 0:
      *target = *source;
      return;
    case 1:
      return shuffle_rank<T, 1>(shuffle, device, source, target);
    case 2:
      return shuffle_rank<T, 2>(shuffle, device, source, target);
    case 3:
      return shuffle_rank<T, 3>(shuffle, device, source, target);
    case 4:
      return shuffle_rank<T, 4>(shuffle, device, source, target);
    case 5:
      return shuffle_rank<T, 5>(shuffle, device, source, target);
    case 6:
      return shuffle_rank<T, 6>(shuffle, device, source, target);
    case 7:
      return shuffle_rank<T, 7>(shuffle, device, source, target);
    default:
      return shuffle_rank<T, kMaxShuffledRank>(shuffle, device, source, target);
  }
}

class Runs final : public HostMovement {
 public:
  Runs(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target), HostThreads::library),
        shuffle_(dense_permutation_of(problem).value()),
        threads_(pool.size()),
        device_(&threads_, pool.size()) {}

 protected:
  void run_once() override {
    switch (size_of(source().dtype())) {
      case 1:
        return shuffle_elements(shuffle_, device_, source().as<std::int8_t>(), target().as<std::int8_t>());
      case 2:
        return shuffle_elements(shuffle_, device_, source().as<std::int16_t>(), target().as<std::int16_t>());
      default:
        return shuffle_elements(shuffle_, device_, source().as<float>(), target().as<float>());
    }
  }

 private:
  DensePermutation shuffle_;
  Eigen::ThreadPool threads_;
  Eigen::ThreadPoolDevice device_;
};

class LayoutTransformEigen final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_eigen"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case& item) const override {
    if (dense_permutation_of(LayoutTransformProblem(item))) return Support::yes();
    return Support::no("a shuffle neither makes nor drops padding");
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<Runs>(cpu, pool, LayoutTransformProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_eigen, LayoutTransformEigen)

}  // namespace hetscope
