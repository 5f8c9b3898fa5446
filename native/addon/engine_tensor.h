// A tensor in memory of the runtime that JavaScript holds (engine.allocate()).
#pragma once

#include <memory>

#include "addon/napi_config.h"
#include "runtime/tensor.h"

namespace enginery::addon {

struct EngineTensor {
  static constexpr napi_type_tag kTag = {0x8f0f1b2c6a4e4d71, 0x9d3bb7c1e2a04f55};
  static constexpr const char* kName = "an engine-owned tensor";

  std::shared_ptr<runtime::Tensor> tensor;
};

// {handle, buffer}: the buffer is an external ArrayBuffer over the tensor's memory, which lives as
// long as either. Throws INTERNAL where the embedder forbids external buffers.
Napi::Object ObjectFromEngineTensor(Napi::Env env, std::shared_ptr<runtime::Tensor> tensor);

}  // namespace enginery::addon
