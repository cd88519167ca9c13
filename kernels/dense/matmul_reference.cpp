// Eigen in f64: independent of every kernel that is measured.
#include "kernels/dense/matmul_reference.hpp"

#include <Eigen/Core>

#include <algorithm>

namespace hetscope {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix in_f64(const HostTensor& tensor) {
  Matrix matrix(tensor.shape()[0], tensor.shape()[1]);
  std::ranges::copy(row_major_values(tensor), matrix.data());
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

Tolerance matmul_tolerance(std::int64_t k, DType result) {
  const double rtol = summing_error(k) * 0x1p-24;
  // By half a unit of its last place; below the normal numbers by 2^-25.
  return result == DType::f16 ? Tolerance{0x1p-25, rtol + 0x1p-11} : Tolerance{0, rtol};
}

}  // namespace hetscope
