// Owners of OpenVINO's C objects.
#pragma once

#include <openvino/c/openvino.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/api.h"

namespace enginery::openvino {

// Frees by the member of the process's function table.
template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    (TheApi().*Free)(object);
  }
};

using ModelHandle = std::unique_ptr<ov_model_t, Deleter<&Api::model_free>>;
using CompiledModelHandle =
    std::unique_ptr<ov_compiled_model_t, Deleter<&Api::compiled_model_free>>;
using RequestHandle = std::unique_ptr<ov_infer_request_t, Deleter<&Api::infer_request_free>>;
using TensorHandle = std::unique_ptr<ov_tensor_t, Deleter<&Api::tensor_free>>;
using PortHandle = std::unique_ptr<ov_output_const_port_t, Deleter<&Api::output_const_port_free>>;

// Takes over a string that OpenVINO allocated.
inline std::string TakeString(char* text) {
  if (text == nullptr) return {};
  std::string copy(text);
  TheApi().free(text);
  return copy;
}

// OpenVINO's shape struct, filled from ours and freed with the scope.
class ShapeHandle {
 public:
  ShapeHandle() = default;
  ~ShapeHandle() {
    if (shape_.dims != nullptr) TheApi().shape_free(&shape_);
  }
  ShapeHandle(const ShapeHandle&) = delete;
  ShapeHandle& operator=(const ShapeHandle&) = delete;

  Status Set(const Shape& shape) {
    // ov_shape_create refuses rank 0; a zeroed struct is the scalar shape.
    if (shape.empty()) return {};
    return Call(Code::kInternal, "could not make a shape", TheApi().shape_create,
                static_cast<int64_t>(shape.size()), shape.data(), &shape_);
  }
  [[nodiscard]] Shape ToShape() const { return {shape_.dims, shape_.dims + shape_.rank}; }
  ov_shape_t* get() { return &shape_; }

 private:
  ov_shape_t shape_{0, nullptr};
};

}  // namespace enginery::openvino
