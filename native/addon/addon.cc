// The addon's door: what JavaScript sees of it.

#include <cstdint>
#include <string>

#include "addon/args.h"
#include "addon/env_data.h"
#include "addon/model_functions.h"
#include "addon/napi_config.h"
#include "addon/openvino_functions.h"
#include "base/status.h"

namespace enginery::addon {
namespace {

// setHandler(handler, drainLater): every asynchronous answer goes to handler(ticket, error |
// undefined, value, microseconds); drainLater() is asked to call drain() from a later phase of the
// event loop.
void SetHandlerFunction(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) ThrowExpected(info.Env(), "a function", "handler");
  if (!info[1].IsFunction()) ThrowExpected(info.Env(), "a function", "drainLater");
  EnvData::Of(info.Env()).SetHandler(info[0].As<Napi::Function>(), info[1].As<Napi::Function>());
}

void DrainFunction(const Napi::CallbackInfo& info) { EnvData::Of(info.Env()).DrainLater(); }

// stop(): cancels what runs and waits for it; for process exit, where the environment's clean-up is
// not run.
void StopFunction(const Napi::CallbackInfo& info) { EnvData::Of(info.Env()).StopAll(); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  EnvData::Create(env);
  exports.Set("version", Napi::String::New(env, ENGINERY_VERSION));
  Napi::Array codes = Napi::Array::New(env, kCodeNames.size() - 1);
  // Without OK, which is no error code.
  for (uint32_t i = 1; i < kCodeNames.size(); ++i) {
    codes.Set(i - 1, std::string(kCodeNames.at(i)));
  }
  exports.Set("codes", codes);
  exports.Set("setHandler", Napi::Function::New(env, SetHandlerFunction, "setHandler"));
  exports.Set("drain", Napi::Function::New(env, DrainFunction, "drain"));
  exports.Set("stop", Napi::Function::New(env, StopFunction, "stop"));
  ExportOpenVinoFunctions(env, exports);
  ExportModelFunctions(env, exports);
  return exports;
}

}  // namespace
}  // namespace enginery::addon

namespace {

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return enginery::addon::Init(env, exports);
}

}  // namespace

NODE_API_MODULE(enginery, InitAddon)
