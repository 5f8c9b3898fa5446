// Memory that a runtime reads inputs from and writes outputs to.
#pragma once

#include <cstddef>

#include "base/dtype.h"
#include "base/shape.h"

namespace enginery::runtime {

// Thread: made and used on one thread at a time; the memory itself is read and written by the
// runtime's threads while a request that it is bound to runs.
class Tensor {
 public:
  virtual ~Tensor() = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  [[nodiscard]] virtual DType dtype() const = 0;
  [[nodiscard]] virtual const Shape& shape() const = 0;
  // Null for a tensor without elements.
  [[nodiscard]] virtual void* data() const = 0;
  [[nodiscard]] virtual size_t byte_length() const = 0;

 protected:
  Tensor() = default;
};

}  // namespace enginery::runtime
