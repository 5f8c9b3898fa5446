#include "addon/model_functions.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/args.h"
#include "addon/engine_tensor.h"
#include "addon/errors.h"
#include "addon/handle.h"
#include "addon/model_runner.h"
#include "addon/napi_config.h"
#include "addon/run.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::addon {
namespace {

using runtime::LayerProfile;

const std::shared_ptr<ModelRunner>& RequireRunner(const Napi::CallbackInfo& info) {
  return RequireHandle<ModelRunner>(info.Env(), info[0]);
}

runtime::CompiledModel* RequireModel(const Napi::CallbackInfo& info) {
  runtime::CompiledModel* model = RequireRunner(info)->model();
  if (model == nullptr) Throw(info.Env(), {Code::kDisposed, "Session already disposed."});
  return model;
}

void StartFunction(const Napi::CallbackInfo& info) {
  const std::shared_ptr<ModelRunner>& runner = RequireRunner(info);
  const RunArguments arguments = {RequireArray(info[2], "inputs"), info[3],
                                  RequireArray(info[4], "outputs")};
  const Status status = runner->Start(RequireTicket(info[1]), arguments);
  if (!status.ok()) Throw(info.Env(), status);
}

Napi::Value InferFunction(const Napi::CallbackInfo& info) {
  const std::shared_ptr<ModelRunner>& runner = RequireRunner(info);
  const RunArguments arguments = {RequireArray(info[1], "inputs"), info[2],
                                  RequireArray(info[3], "outputs")};
  const Result<napi_value> outputs = runner->Infer(arguments);
  if (!outputs.ok()) Throw(info.Env(), outputs.status());
  if (outputs.value() == nullptr) return info.Env().Undefined();
  return {info.Env(), outputs.value()};
}

void CancelFunction(const Napi::CallbackInfo& info) {
  RequireRunner(info)->Cancel(RequireTicket(info[1]));
}

Napi::Value AllocateFunction(const Napi::CallbackInfo& info) {
  // Getters of the caller may run here, and release the model: it is looked at afterwards.
  const Shape shape = RequireShape(info[3], "dims");
  runtime::CompiledModel* model = RequireModel(info);
  if (!info[1].IsBoolean()) ThrowExpected(info.Env(), "a boolean", "isInput");
  const auto& ports = info[1].As<Napi::Boolean>() ? model->inputs() : model->outputs();
  const auto index = static_cast<size_t>(RequireInteger(info[2], "index", 0));
  if (index >= ports.size()) ThrowExpected(info.Env(), "the index of a port", "index");
  Result<std::shared_ptr<runtime::Tensor>> tensor = model->CreateTensor(ports[index].dtype, shape);
  if (!tensor.ok()) Throw(info.Env(), tensor.status());
  // JavaScript sees it: what the process had there before is nobody's business.
  if (tensor.value()->byte_length() != 0) {
    std::memset(tensor.value()->data(), 0, tensor.value()->byte_length());
  }
  return ObjectFromEngineTensor(info.Env(), std::move(tensor.value()));
}

Napi::Value PropertyFunction(const Napi::CallbackInfo& info) {
  const std::string key = RequireString(info[1], "key");
  const Result<std::string> value = RequireModel(info)->Property(key);
  if (!value.ok()) Throw(info.Env(), value.status());
  return Napi::String::New(info.Env(), value.value());
}

const char* NameOf(LayerProfile::State state) {
  switch (state) {
    case LayerProfile::State::kNotRun:
      return "not-run";
    case LayerProfile::State::kOptimizedOut:
      return "optimized-out";
    case LayerProfile::State::kExecuted:
      return "executed";
  }
  return "not-run";
}

Napi::Value ProfileFunction(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Result<std::vector<LayerProfile>> layers = RequireRunner(info)->Profile();
  if (!layers.ok()) Throw(env, layers.status());
  Napi::Array result = Napi::Array::New(env, layers.value().size());
  uint32_t index = 0;
  for (const LayerProfile& layer : layers.value()) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", layer.name);
    object.Set("type", layer.type);
    object.Set("kernel", layer.kernel);
    object.Set("status", NameOf(layer.state));
    object.Set("timeUs", Napi::Number::New(env, static_cast<double>(layer.microseconds)));
    result.Set(index++, object);
  }
  return result;
}

void ReleaseFunction(const Napi::CallbackInfo& info) {
  const Status status = RequireRunner(info)->Release(RequireTicket(info[1]));
  if (!status.ok()) Throw(info.Env(), status);
}

}  // namespace

void ExportModelFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("start", Napi::Function::New(env, StartFunction, "start"));
  exports.Set("infer", Napi::Function::New(env, InferFunction, "infer"));
  exports.Set("cancel", Napi::Function::New(env, CancelFunction, "cancel"));
  exports.Set("allocate", Napi::Function::New(env, AllocateFunction, "allocate"));
  exports.Set("property", Napi::Function::New(env, PropertyFunction, "property"));
  exports.Set("profile", Napi::Function::New(env, ProfileFunction, "profile"));
  exports.Set("release", Napi::Function::New(env, ReleaseFunction, "release"));
}

}  // namespace enginery::addon
