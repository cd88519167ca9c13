// Eigen in f64: independent of every kernel that is measured.
#include "kernels/dense/matmul_reference.hpp"

#include <Eigen/Core>

namespace hetscope {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix in_f64(const HostTensor& tensor) {
  Matrix matrix(tensor.shape()[0], tensor.shape()[1]);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = tensor.get(i);
  return matrix;
}

}  // namespace

Expectation matmul_reference(const HostTensor& left, const HostTensor& right) {
  const Matrix a = in_f64(left);
  const Matrix b = in_f64(right);
  const Matrix values = a * b;
  const Matrix magnitudes = a.cwiseAbs() * b.cwiseAbs();
  Expectation expectation;
  expectation.values.assign(values.data(), values.data() + values.size());
  expectation.magnitudes.assign(magnitudes.data(), magnitudes.data() + magnitudes.size());
  return expectation;
}

Tolerance matmul_tolerance(std::int64_t k) { return {0, static_cast<double>(k) * 0x1p-24}; }

}  // namespace hetscope
