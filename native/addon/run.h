// One run as the caller asked for it: where its inputs come from and where its outputs go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "addon/napi_config.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::addon {

struct OutputPlan {
  enum class Kind {
    kSkip,    // not asked for
    kReturn,  // a new ArrayBuffer
    kFill,    // copied into the caller's typed array when the run has ended
    kEngine,  // written by the runtime into an engine-owned tensor
  };
  Kind kind = Kind::kSkip;
  std::shared_ptr<runtime::Tensor> tensor;
};

// What a run keeps of JavaScript's values until it has ended. Moving one moves a reference of
// node-addon-api, which is not declared noexcept though it throws only when the environment is
// already broken.
struct Run {  // NOLINT(bugprone-exception-escape)
  uint32_t ticket = 0;
  // Cancelled on a request that must not be: it computes to its end and its outputs are not read.
  bool is_dropped = false;
  // Null: the request's own memory, already filled.
  std::vector<std::shared_ptr<runtime::Tensor>> inputs;
  std::vector<OutputPlan> outputs;
  // Of the inputs that are not engine-owned.
  size_t copied_bytes = 0;
  // An array: at each output's index the ArrayBuffer that the runtime writes to or the typed array
  // to fill. Empty while there is none.
  Napi::ObjectReference targets;
};

// The arguments of a run as JavaScript gives them. Valid while the call lasts.
struct RunArguments {
  // Per input a typed array or the handle of an EngineTensor.
  Napi::Array inputs;
  // Per input its dims; empty when every input has a fixed shape.
  Napi::Value dims;
  // Per output undefined (skip), null (return), a typed array (fill) or the handle of an
  // EngineTensor.
  Napi::Array outputs;
};

// An input as the caller gave it. Valid while the call lasts.
struct GivenInput {
  napi_value value = nullptr;
  Shape shape;
};

// Reads all arguments: what each input is and where the outputs go. Getters of the caller may run
// meanwhile and do anything to the model's runner; afterwards nothing of the caller runs until the
// call returns.
Status ReadArguments(Napi::Env env, const runtime::CompiledModel& model,
                     const RunArguments& arguments, std::vector<GivenInput>* inputs, Run* run);

// Copies the inputs into `request`'s own memory, or, without a request, into memory that waits with
// the run.
Status TakeInputs(Napi::Env env, runtime::CompiledModel* model, runtime::InferRequest* request,
                  const std::vector<GivenInput>& inputs, Run* run);

// Binds what has to be bound before the run starts; makes the buffers for large outputs.
Status Bind(Napi::Env env, runtime::CompiledModel* model, runtime::InferRequest* request, Run* run);

// After the run: per output an ArrayBuffer, {buffer, dims} where the shape was not known before, or
// undefined.
Result<napi_value> CollectOutputs(Napi::Env env, const runtime::CompiledModel& model,
                                  runtime::InferRequest* request, Run* run);

}  // namespace enginery::addon
