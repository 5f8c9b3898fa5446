// A tensor of OpenVINO as a runtime::Tensor.
#pragma once

#include <openvino/c/openvino.h>

#include <cstddef>
#include <memory>

#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "openvino/handle.h"
#include "runtime/tensor.h"

namespace enginery::openvino {

class Tensor : public runtime::Tensor {
 public:
  // Memory of OpenVINO.
  static Result<std::shared_ptr<Tensor>> Create(DType dtype, const Shape& shape);
  // A view of `data`, which must outlive the tensor and its bindings. A tensor without elements
  // gets memory of OpenVINO instead, since a null pointer is refused.
  static Result<std::shared_ptr<Tensor>> Wrap(DType dtype, const Shape& shape, void* data);
  // Takes over a tensor that a request gave; MODEL_UNSUPPORTED for an element type we have no name
  // for.
  static Result<std::shared_ptr<Tensor>> Adopt(TensorHandle handle);

  [[nodiscard]] DType dtype() const override { return dtype_; }
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  [[nodiscard]] void* data() const override { return data_; }
  [[nodiscard]] size_t byte_length() const override { return byte_length_; }
  [[nodiscard]] const ov_tensor_t* handle() const { return handle_.get(); }

 private:
  Tensor() = default;

  TensorHandle handle_;
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  void* data_ = nullptr;
  size_t byte_length_ = 0;
};

}  // namespace enginery::openvino
