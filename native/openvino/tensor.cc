#include "openvino/tensor.h"

#include <openvino/c/openvino.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/api.h"
#include "openvino/element_type.h"
#include "openvino/handle.h"

namespace enginery::openvino {

Result<std::shared_ptr<Tensor>> Tensor::Create(DType dtype, const Shape& shape) {
  ASSIGN_OR_RETURN(const size_t expected_bytes, ByteLength(dtype, shape));
  ShapeHandle ov_shape;
  RETURN_IF_ERROR(ov_shape.Set(shape));
  ov_tensor_t* raw = nullptr;
  const std::string what =
      "could not allocate a tensor of " + std::to_string(expected_bytes) + " bytes";
  RETURN_IF_ERROR(Call(Code::kOutOfMemory, what.c_str(), TheApi().tensor_create,
                       ElementTypeFromDType(dtype), *ov_shape.get(), &raw));
  return Adopt(TensorHandle(raw));
}

Result<std::shared_ptr<Tensor>> Tensor::Wrap(DType dtype, const Shape& shape, void* data) {
  ASSIGN_OR_RETURN(const size_t byte_length, ByteLength(dtype, shape));
  if (byte_length == 0 || data == nullptr) return Create(dtype, shape);
  ShapeHandle ov_shape;
  RETURN_IF_ERROR(ov_shape.Set(shape));
  ov_tensor_t* raw = nullptr;
  RETURN_IF_ERROR(Call(Code::kInternal, "could not wrap memory as a tensor",
                       TheApi().tensor_create_from_host_ptr, ElementTypeFromDType(dtype),
                       *ov_shape.get(), data, &raw));
  std::shared_ptr<Tensor> tensor(
      new Tensor);  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  tensor->handle_.reset(raw);
  tensor->dtype_ = dtype;
  tensor->shape_ = shape;
  tensor->data_ = data;
  tensor->byte_length_ = byte_length;
  return tensor;
}

Result<std::shared_ptr<Tensor>> Tensor::Adopt(TensorHandle handle) {
  const Api& api = TheApi();
  std::shared_ptr<Tensor> tensor(
      new Tensor);  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  ov_element_type_e type{};
  RETURN_IF_ERROR(Call(Code::kInternal, "could not read a tensor's type",
                       api.tensor_get_element_type, handle.get(), &type));
  const std::optional<DType> dtype = DTypeFromElementType(type);
  if (!dtype.has_value()) {
    return Status(
        Code::kModelUnsupported,
        "expected an element type of onnxruntime-common for a tensor, got OpenVINO's type " +
            std::to_string(static_cast<int>(type)));
  }
  tensor->dtype_ = *dtype;
  RETURN_IF_ERROR(Call(Code::kInternal, "could not read a tensor's size", api.tensor_get_byte_size,
                       handle.get(), &tensor->byte_length_));
  ShapeHandle shape;
  const Status status = Call(Code::kInternal, "could not read a tensor's shape",
                             api.tensor_get_shape, handle.get(), shape.get());
  // The C API makes no shape of rank 0: reading a scalar's fails (seen in 2026.4.1). One element is
  // what it has.
  const bool is_scalar = !status.ok() && tensor->byte_length_ == (InfoOf(*dtype).bits + 7) / 8;
  if (!status.ok() && !is_scalar) return status;
  if (!is_scalar) tensor->shape_ = shape.ToShape();
  if (tensor->byte_length_ != 0) {
    RETURN_IF_ERROR(Call(Code::kInternal, "could not reach a tensor's data", api.tensor_data,
                         handle.get(), &tensor->data_));
  }
  tensor->handle_ = std::move(handle);
  return tensor;
}

}  // namespace enginery::openvino
