#include "addon/engine_tensor.h"

#include <memory>
#include <utility>

#include "addon/errors.h"
#include "addon/handle.h"
#include "addon/napi_config.h"
#include "base/status.h"
#include "runtime/tensor.h"

namespace enginery::addon {

Napi::Object ObjectFromEngineTensor(Napi::Env env, std::shared_ptr<runtime::Tensor> tensor) {
  napi_value buffer = nullptr;
  if (tensor->byte_length() == 0) {
    buffer = Napi::ArrayBuffer::New(env, 0);
  } else {
    auto keep = std::make_unique<std::shared_ptr<runtime::Tensor>>(tensor);
    const auto finalize = [](node_api_nogc_env /*env*/, void* /*data*/, void* hint) {
      const std::unique_ptr<std::shared_ptr<runtime::Tensor>> owned(
          static_cast<std::shared_ptr<runtime::Tensor>*>(hint));
    };
    const napi_status status = napi_create_external_arraybuffer(
        env, tensor->data(), tensor->byte_length(), finalize, keep.get(), &buffer);
    if (status == napi_no_external_buffers_allowed) {
      Throw(env,
            {Code::kInternal,
             "expected an embedder that allows external array buffers for engine.allocate(), but "
             "this one forbids them; use tensors of your own"});
    }
    if (status != napi_ok) throw Napi::Error::New(env);
    // From here JavaScript's collector owns it.
    // NOLINTNEXTLINE(bugprone-unused-return-value)
    static_cast<void>(keep.release());
  }
  Napi::Object result = Napi::Object::New(env);
  auto owned = std::make_shared<EngineTensor>();
  owned->tensor = std::move(tensor);
  result.Set("handle", HandleFrom(env, std::move(owned)));
  result.Set("buffer", Napi::Value(env, buffer));
  return result;
}

}  // namespace enginery::addon
