#include "addon/run.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/args.h"
#include "addon/array_buffer.h"
#include "addon/engine_tensor.h"
#include "addon/handle.h"
#include "addon/input_copy.h"
#include "addon/napi_config.h"
#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::addon {
namespace {

using runtime::Port;

// Outputs from this size on are written by the runtime straight into the buffer that the caller
// gets; below it a copy costs less than binding. Measured with Identity, 2026.4.1 (us, copied /
// bound): 1 KiB 8.7 / 13, 64 KiB 20 / 25, 256 KiB 59 / 57, 1 MiB 450 / 280, 16 MiB 4700 / 3000.
constexpr size_t kBindBytes = size_t{256} * 1024;

struct Span {
  void* data = nullptr;
  size_t length = 0;
};

size_t ElementBytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
    case napi_float16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
  }
  return 0;
}

// The bytes of a typed array at this moment; empty when it is detached or out of bounds.
bool SpanOf(Napi::Env env, napi_value value, Span* span) {
  bool is_typed_array = false;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  napi_typedarray_type type{};
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) {
    return false;
  }
  span->data = data;
  span->length = data == nullptr ? 0 : length * ElementBytes(type);
  return true;
}

Shape StaticShape(const Port& port) {
  Shape shape;
  shape.reserve(port.shape.dims.size());
  for (const DimRange& dim : port.shape.dims) shape.push_back(dim.min);
  return shape;
}

// TypeScript compares dims with the model before, with better words; here the last check before
// memory is sized.
Result<Shape> InputShape(const Port& port, const RunArguments& arguments, uint32_t index) {
  if (!arguments.dims.IsArray()) {
    if (port.shape.is_static()) return StaticShape(port);
    return Status(Code::kInvalidArgument, "expected dims for input '" + port.name + "'");
  }
  Shape shape = RequireShape(arguments.dims.As<Napi::Array>().Get(index), "dims");
  bool fits = !port.shape.has_rank || shape.size() == port.shape.dims.size();
  for (size_t i = 0; fits && port.shape.has_rank && i < shape.size(); ++i) {
    fits = shape[i] >= port.shape.dims[i].min && shape[i] <= port.shape.dims[i].max;
  }
  if (!fits) {
    return Status(Code::kOutOfRange, "expected dims within the compiled shape for input '" +
                                         port.name + "', got " + ToString(shape));
  }
  return shape;
}

Status TakeInput(Napi::Env env, runtime::CompiledModel* model, runtime::InferRequest* request,
                 const GivenInput& given, uint32_t index, Run* run) {
  const Port& port = model->inputs()[index];
  const auto& [value, shape] = given;
  Span span;
  if (SpanOf(env, value, &span)) {
    run->copied_bytes += span.length;
    std::shared_ptr<runtime::Tensor> target;
    if (request != nullptr) {
      ASSIGN_OR_RETURN(target, request->OwnInput(index, shape));
      return CopyInput(span.data, span.length, model->narrows_integers(), port.name, target.get());
    }
    ASSIGN_OR_RETURN(target, model->CreateTensor(port.dtype, shape));
    RETURN_IF_ERROR(
        CopyInput(span.data, span.length, model->narrows_integers(), port.name, target.get()));
    run->inputs[index] = std::move(target);
    return {};
  }
  const std::shared_ptr<EngineTensor>* engine = FindHandle<EngineTensor>(env, value);
  if (engine == nullptr) {
    return {Code::kInvalidArgument,
            "expected a typed array or an engine-owned tensor for input '" + port.name + "'"};
  }
  const std::shared_ptr<runtime::Tensor>& tensor = (*engine)->tensor;
  if (tensor->dtype() != port.dtype || tensor->shape() != shape) {
    return {Code::kInvalidArgument,
            "expected an engine-owned tensor of type " + std::string(InfoOf(port.dtype).name) +
                " and shape " + ToString(shape) + " for input '" + port.name + "', got " +
                std::string(InfoOf(tensor->dtype()).name) + " " + ToString(tensor->shape())};
  }
  if (model->narrows_integers()) RETURN_IF_ERROR(CheckIntegers(*tensor, port.name));
  run->inputs[index] = tensor;
  return {};
}

// Remembers a JavaScript value at an output's index until the run has ended.
void Keep(Napi::Env env, Run* run, uint32_t index, napi_value value) {
  if (run->targets.IsEmpty()) {
    run->targets = Napi::Persistent<Napi::Object>(Napi::Array::New(env, run->outputs.size()));
  }
  napi_set_element(env, run->targets.Value(), index, value);
}

Status ReadOutputs(Napi::Env env, const runtime::CompiledModel& model,
                   const RunArguments& arguments, Run* run) {
  const size_t count = model.outputs().size();
  if (arguments.outputs.Length() != count) {
    return {Code::kInvalidArgument, "expected " + std::to_string(count) + " outputs, got " +
                                        std::to_string(arguments.outputs.Length())};
  }
  run->outputs.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    const Napi::Value value = arguments.outputs.Get(i);
    OutputPlan& plan = run->outputs[i];
    if (value.IsUndefined()) {
      plan.kind = OutputPlan::Kind::kSkip;
    } else if (value.IsNull()) {
      plan.kind = OutputPlan::Kind::kReturn;
    } else if (value.IsTypedArray()) {
      plan.kind = OutputPlan::Kind::kFill;
      Keep(env, run, i, value);
    } else if (const auto* engine = FindHandle<EngineTensor>(env, value); engine != nullptr) {
      plan.kind = OutputPlan::Kind::kEngine;
      plan.tensor = (*engine)->tensor;
      if (plan.tensor->dtype() != model.outputs()[i].dtype) {
        return {Code::kInvalidArgument, "expected an engine-owned tensor of type " +
                                            std::string(InfoOf(model.outputs()[i].dtype).name) +
                                            " for output '" + model.outputs()[i].name + "'"};
      }
    } else {
      return {Code::kInvalidArgument,
              "expected undefined, null, a typed array or an engine-owned tensor for output '" +
                  model.outputs()[i].name + "'"};
    }
  }
  return {};
}

// A new ArrayBuffer with the tensor's content.
Result<napi_value> BufferFrom(Napi::Env env, const runtime::Tensor& tensor) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  RETURN_IF_ERROR(NewArrayBuffer(env, tensor.byte_length(), &data, &buffer));
  if (tensor.byte_length() != 0) std::memcpy(data, tensor.data(), tensor.byte_length());
  return buffer;
}

napi_value DimsFrom(Napi::Env env, const Shape& shape) {
  const Napi::Array dims = Napi::Array::New(env, shape.size());
  for (uint32_t i = 0; i < shape.size(); ++i) {
    dims.Set(i, Napi::Number::New(env, static_cast<double>(shape[i])));
  }
  return dims;
}

// The caller's own tensor is written on JavaScript's thread, after checking that its memory is
// still there.
Status Fill(Napi::Env env, const Port& port, const runtime::Tensor& tensor, napi_value target) {
  Span span;
  if (!SpanOf(env, target, &span) || span.length != tensor.byte_length()) {
    return {Code::kInvalidArgument, "expected " + std::to_string(tensor.byte_length()) +
                                        " bytes in the tensor given for output '" + port.name +
                                        "', got " + std::to_string(span.length) +
                                        " (a detached or resized buffer has none)"};
  }
  if (span.length != 0) std::memcpy(span.data, tensor.data(), span.length);
  return {};
}

}  // namespace

Status ReadArguments(Napi::Env env, const runtime::CompiledModel& model,
                     const RunArguments& arguments, std::vector<GivenInput>* inputs, Run* run) {
  const size_t count = model.inputs().size();
  if (arguments.inputs.Length() != count) {
    return {Code::kInvalidArgument, "expected " + std::to_string(count) + " inputs, got " +
                                        std::to_string(arguments.inputs.Length())};
  }
  inputs->resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    (*inputs)[i].value = arguments.inputs.Get(i);
    ASSIGN_OR_RETURN((*inputs)[i].shape, InputShape(model.inputs()[i], arguments, i));
  }
  return ReadOutputs(env, model, arguments, run);
}

Status TakeInputs(Napi::Env env, runtime::CompiledModel* model, runtime::InferRequest* request,
                  const std::vector<GivenInput>& inputs, Run* run) {
  run->inputs.resize(inputs.size());
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    RETURN_IF_ERROR(TakeInput(env, model, request, inputs[i], i, run));
  }
  return {};
}

Status Bind(Napi::Env env, runtime::CompiledModel* model, runtime::InferRequest* request,
            Run* run) {
  for (size_t i = 0; i < run->inputs.size(); ++i) {
    if (run->inputs[i] != nullptr) RETURN_IF_ERROR(request->BindInput(i, run->inputs[i]));
  }
  for (uint32_t i = 0; i < run->outputs.size(); ++i) {
    OutputPlan& plan = run->outputs[i];
    const Port& port = model->outputs()[i];
    if (plan.kind == OutputPlan::Kind::kReturn && port.shape.is_static()) {
      const Shape shape = StaticShape(port);
      ASSIGN_OR_RETURN(const size_t byte_length, ByteLength(port.dtype, shape));
      if (byte_length >= kBindBytes) {
        void* data = nullptr;
        napi_value buffer = nullptr;
        RETURN_IF_ERROR(NewArrayBuffer(env, byte_length, &data, &buffer));
        Keep(env, run, i, buffer);
        ASSIGN_OR_RETURN(plan.tensor, model->WrapMemory(port.dtype, shape, data));
      }
    }
    std::shared_ptr<runtime::Tensor> bound = plan.tensor;
    if (plan.kind == OutputPlan::Kind::kEngine && !port.shape.is_static()) {
      // The runtime resizes a bound tensor to the output that comes and gives it other memory where
      // it is too small, while JavaScript holds the old one. A view made for this run refuses to
      // grow and leaves the tensor as it is.
      ASSIGN_OR_RETURN(bound,
                       model->WrapMemory(port.dtype, plan.tensor->shape(), plan.tensor->data()));
    }
    RETURN_IF_ERROR(request->BindOutput(i, std::move(bound)));
  }
  return {};
}

Result<napi_value> CollectOutputs(Napi::Env env, const runtime::CompiledModel& model,
                                  runtime::InferRequest* request, Run* run) {
  napi_value results = nullptr;
  if (napi_create_array_with_length(env, run->outputs.size(), &results) != napi_ok) {
    throw Napi::Error::New(env);
  }
  for (uint32_t i = 0; i < run->outputs.size(); ++i) {
    OutputPlan& plan = run->outputs[i];
    const Port& port = model.outputs()[i];
    const bool is_static = port.shape.is_static();
    if (plan.kind == OutputPlan::Kind::kSkip) continue;
    if (plan.kind == OutputPlan::Kind::kEngine && is_static) continue;
    napi_value buffer = nullptr;
    if (plan.kind == OutputPlan::Kind::kReturn && plan.tensor != nullptr) {
      napi_get_element(env, run->targets.Value(), i, &buffer);
      napi_set_element(env, results, i, buffer);
      continue;
    }
    ASSIGN_OR_RETURN(const std::shared_ptr<runtime::Tensor> tensor, request->Output(i));
    if (plan.kind == OutputPlan::Kind::kEngine && tensor->shape() != plan.tensor->shape()) {
      return Status(Code::kInvalidArgument,
                    "expected an engine-owned tensor of shape " + ToString(tensor->shape()) +
                        " for output '" + port.name + "', got " + ToString(plan.tensor->shape()));
    }
    if (plan.kind == OutputPlan::Kind::kFill) {
      napi_value target = nullptr;
      napi_get_element(env, run->targets.Value(), i, &target);
      RETURN_IF_ERROR(Fill(env, port, *tensor, target));
    } else if (plan.kind == OutputPlan::Kind::kReturn) {
      ASSIGN_OR_RETURN(buffer, BufferFrom(env, *tensor));
    }
    if (is_static) {
      if (buffer != nullptr) napi_set_element(env, results, i, buffer);
      continue;
    }
    Napi::Object result = Napi::Object::New(env);
    if (buffer != nullptr) result.Set("buffer", Napi::Value(env, buffer));
    result.Set("dims", Napi::Value(env, DimsFrom(env, tensor->shape())));
    napi_set_element(env, results, i, result);
  }
  return results;
}

}  // namespace enginery::addon
