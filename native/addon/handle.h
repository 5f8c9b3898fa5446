// Native objects handed to JavaScript: opaque objects with a type tag that is checked on every way
// back.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "addon/errors.h"
#include "addon/napi_config.h"
#include "base/status.h"

namespace enginery::addon {

// T names its tag and itself: `static constexpr napi_type_tag kTag; static constexpr const char*
// kName`.
template <typename T>
Napi::Object HandleFrom(Napi::Env env, std::shared_ptr<T> object) {
  Napi::Object handle = Napi::Object::New(env);
  auto holder = std::make_unique<std::shared_ptr<T>>(std::move(object));
  const auto finalize = [](node_api_nogc_env /*env*/, void* data, void* /*hint*/) {
    const std::unique_ptr<std::shared_ptr<T>> owned(static_cast<std::shared_ptr<T>*>(data));
  };
  if (napi_wrap(env, handle, holder.get(), finalize, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(env);
  }
  // From here JavaScript's collector owns the holder.
  // NOLINTNEXTLINE(bugprone-unused-return-value)
  static_cast<void>(holder.release());
  if (napi_type_tag_object(env, handle, &T::kTag) != napi_ok) throw Napi::Error::New(env);
  return handle;
}

// Null when `value` is no handle of this type.
template <typename T>
std::shared_ptr<T>* FindHandle(Napi::Env env, napi_value value) {
  napi_valuetype type{};
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_object) return nullptr;
  bool is_tagged = false;
  if (napi_check_object_type_tag(env, value, &T::kTag, &is_tagged) != napi_ok || !is_tagged) {
    return nullptr;
  }
  void* data = nullptr;
  if (napi_unwrap(env, value, &data) != napi_ok) return nullptr;
  return static_cast<std::shared_ptr<T>*>(data);
}

template <typename T>
const std::shared_ptr<T>& RequireHandle(Napi::Env env, napi_value value) {
  std::shared_ptr<T>* found = FindHandle<T>(env, value);
  if (found == nullptr) {
    Throw(env, {Code::kInvalidArgument, std::string("expected a handle of ") + T::kName});
  }
  return *found;
}

}  // namespace enginery::addon
