// New array buffers for outputs, where no memory is an answer and not the end of the process.
#pragma once

#include <cstddef>

#include "addon/napi_config.h"
#include "base/status.h"

namespace enginery::addon {

// Makes an ArrayBuffer and tells where its bytes are; OUT_OF_MEMORY when JavaScript has none.
Status NewArrayBuffer(Napi::Env env, size_t byte_length, void** data, napi_value* buffer);

}  // namespace enginery::addon
