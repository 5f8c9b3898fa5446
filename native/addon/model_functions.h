// The addon's functions on a compiled model.
#pragma once

#include "addon/napi_config.h"

namespace enginery::addon {

// Sets these on `exports`; NativeAddon in lib/runtime/native-types.ts gives their types:
//
// start: a run that answers through the handler
// infer: a run on this thread; undefined when every request is busy
// cancel: a run, by its ticket
// allocate: memory of the runtime for a port
// property: of the compiled model
// profile: the layers of the last run
// release: answers through the handler
void ExportModelFunctions(Napi::Env env, Napi::Object exports);

}  // namespace enginery::addon
