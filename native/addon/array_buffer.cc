#include "addon/array_buffer.h"

#include <cstddef>
#include <string>

#include "addon/env_data.h"
#include "addon/napi_config.h"
#include "base/status.h"

namespace enginery::addon {
namespace {

// Buffers below it are made by Node-API, which ends the process when there is no memory; larger
// ones, where that may happen, by JavaScript's constructor, which throws.
constexpr size_t kLargeBytes = size_t{256} * 1024;

bool Create(Napi::Env env, size_t byte_length, void** data, napi_value* buffer) {
  if (byte_length < kLargeBytes) {
    return napi_create_arraybuffer(env, byte_length, data, buffer) == napi_ok;
  }
  napi_value length = nullptr;
  size_t found = 0;
  return napi_create_double(env, static_cast<double>(byte_length), &length) == napi_ok &&
         napi_new_instance(env, EnvData::Of(env).array_buffer(), 1, &length, buffer) == napi_ok &&
         napi_get_arraybuffer_info(env, *buffer, data, &found) == napi_ok && found == byte_length;
}

}  // namespace

Status NewArrayBuffer(Napi::Env env, size_t byte_length, void** data, napi_value* buffer) {
  if (Create(env, byte_length, data, buffer)) return {};
  bool is_pending = false;
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending) {
    napi_value thrown = nullptr;
    static_cast<void>(napi_get_and_clear_last_exception(env, &thrown));
  }
  return {Code::kOutOfMemory,
          "could not allocate " + std::to_string(byte_length) +
              " bytes for an output; run smaller batches, or fewer runs at once"};
}

}  // namespace enginery::addon
