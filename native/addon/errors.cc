#include "addon/errors.h"

#include <cstddef>
#include <string>

#include "addon/napi_config.h"
#include "base/status.h"

namespace enginery::addon {

Napi::Value ErrorFromStatus(Napi::Env env, const Status& status) {
  Napi::Object error = Napi::Error::New(env, status.message()).Value();
  const std::string code(kCodeNames.at(static_cast<size_t>(status.code())));
  error.Set("code", Napi::String::New(env, code));
  if (!status.cause().empty()) {
    error.Set("cause", Napi::Error::New(env, status.cause()).Value());
  }
  return error;
}

void Throw(Napi::Env env, const Status& status) {
  throw Napi::Error(env, ErrorFromStatus(env, status));
}

}  // namespace enginery::addon
