#include "openvino/compiled_model.h"

#include <openvino/c/openvino.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/api.h"
#include "openvino/element_type.h"
#include "openvino/handle.h"
#include "openvino/infer_request.h"
#include "openvino/properties.h"
#include "openvino/tensor.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::openvino {
namespace {

using runtime::Port;

ShapeRange RangeFrom(const ov_partial_shape_t& shape) {
  ShapeRange range;
  if (TheApi().rank_is_dynamic(shape.rank)) {
    range.has_rank = false;
    return range;
  }
  for (int64_t i = 0; i < shape.rank.max; ++i) {
    const ov_dimension_t& dim = shape.dims[i];
    range.dims.push_back({dim.min, dim.max < 0 ? kUnbounded : dim.max});
  }
  return range;
}

Result<Port> PortFrom(const ov_output_const_port_t* port) {
  const Api& api = TheApi();
  Port result;
  char* name = nullptr;
  RETURN_IF_ERROR(
      Call(Code::kModelUnsupported, "a port has no name", api.port_get_any_name, port, &name));
  result.name = TakeString(name);
  ov_element_type_e type{};
  RETURN_IF_ERROR(Call(Code::kInternal, "could not read a port's type", api.port_get_element_type,
                       port, &type));
  const std::optional<DType> dtype = DTypeFromElementType(type);
  if (!dtype.has_value()) {
    return Status(Code::kModelUnsupported,
                  "expected an element type that OpenVINO tensors can carry for '" + result.name +
                      "', got OpenVINO's type " + std::to_string(static_cast<int>(type)) +
                      "; ONNX Runtime (provider 'cpu') may serve this model");
  }
  result.dtype = *dtype;
  ov_partial_shape_t shape{};
  RETURN_IF_ERROR(Call(Code::kInternal, "could not read a port's shape", api.port_get_partial_shape,
                       port, &shape));
  result.shape = RangeFrom(shape);
  api.partial_shape_free(&shape);
  return result;
}

template <typename Size, typename ByIndex>
Status ReadPorts(const ov_compiled_model_t* model, Size size, ByIndex by_index,
                 std::vector<Port>* ports) {
  size_t count = 0;
  RETURN_IF_ERROR(Call(Code::kInternal, "could not count the ports", size, model, &count));
  for (size_t i = 0; i < count; ++i) {
    ov_output_const_port_t* raw = nullptr;
    RETURN_IF_ERROR(Call(Code::kInternal, "could not get a port", by_index, model, i, &raw));
    const PortHandle handle(raw);
    Port port;
    ASSIGN_OR_RETURN(port, PortFrom(handle.get()));
    ports->push_back(std::move(port));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<runtime::CompiledModel>> CompiledModel::Create(CompiledModelHandle handle,
                                                                      bool narrows_integers,
                                                                      bool survives_cancel) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): private constructor
  std::shared_ptr<CompiledModel> model(new CompiledModel);
  model->narrows_integers_ = narrows_integers;
  model->survives_cancel_ = survives_cancel;
  const Api& api = TheApi();
  RETURN_IF_ERROR(ReadPorts(handle.get(), api.compiled_model_inputs_size,
                            api.compiled_model_input_by_index, &model->inputs_));
  RETURN_IF_ERROR(ReadPorts(handle.get(), api.compiled_model_outputs_size,
                            api.compiled_model_output_by_index, &model->outputs_));
  model->handle_ = std::move(handle);
  return std::shared_ptr<runtime::CompiledModel>(std::move(model));
}

Result<std::string> CompiledModel::Property(const std::string& key) const {
  return CompiledProperty(handle_.get(), key);
}

Result<std::unique_ptr<runtime::InferRequest>> CompiledModel::CreateRequest() {
  ov_infer_request_t* raw = nullptr;
  RETURN_IF_ERROR(CallLong(Code::kOutOfMemory, "could not create an infer request",
                           TheApi().compiled_model_create_infer_request, handle_.get(), &raw));
  return InferRequest::Create(RequestHandle(raw), shared_from_this());
}

Result<std::shared_ptr<runtime::Tensor>> CompiledModel::CreateTensor(DType dtype,
                                                                     const Shape& shape) {
  ASSIGN_OR_RETURN(std::shared_ptr<runtime::Tensor> tensor, Tensor::Create(dtype, shape));
  return tensor;
}

Result<std::shared_ptr<runtime::Tensor>> CompiledModel::WrapMemory(DType dtype, const Shape& shape,
                                                                   void* data) {
  ASSIGN_OR_RETURN(std::shared_ptr<runtime::Tensor> tensor, Tensor::Wrap(dtype, shape, data));
  return tensor;
}

}  // namespace enginery::openvino
