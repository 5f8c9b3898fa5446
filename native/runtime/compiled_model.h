// A model compiled for a device: its ports, its properties, and the requests that run it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::runtime {

// An input or output of a compiled model.
struct Port {
  std::string name;
  DType dtype = DType::kFloat32;
  ShapeRange shape;
};

// Thread: safe from any; requests made here are for one thread each.
class CompiledModel {
 public:
  virtual ~CompiledModel() = default;
  CompiledModel(const CompiledModel&) = delete;
  CompiledModel& operator=(const CompiledModel&) = delete;

  [[nodiscard]] virtual const std::vector<Port>& inputs() const = 0;
  [[nodiscard]] virtual const std::vector<Port>& outputs() const = 0;
  // True when the device computes 64-bit integers in 32 bits, so that larger values must be
  // refused.
  [[nodiscard]] virtual bool narrows_integers() const = 0;
  // False: a request whose run was cancelled may give wrong outputs later, and so may its siblings.
  [[nodiscard]] virtual bool survives_cancel() const = 0;
  [[nodiscard]] virtual Result<std::string> Property(const std::string& key) const = 0;

  virtual Result<std::unique_ptr<InferRequest>> CreateRequest() = 0;
  // Memory of the runtime.
  virtual Result<std::shared_ptr<Tensor>> CreateTensor(DType dtype, const Shape& shape) = 0;
  // A view of memory that must outlive the tensor and every request it is bound to.
  virtual Result<std::shared_ptr<Tensor>> WrapMemory(DType dtype, const Shape& shape,
                                                     void* data) = 0;

 protected:
  CompiledModel() = default;
};

}  // namespace enginery::runtime
