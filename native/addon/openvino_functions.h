// The addon's functions that open OpenVINO, ask it and compile with it.
#pragma once

#include "addon/napi_config.h"

namespace enginery::addon {

// Sets openvinoOpen, openvinoDevices, openvinoProperty and openvinoCompile on `exports`;
// NativeAddon in lib/runtime/native-types.ts gives their types. All return at once and answer
// through the handler.
void ExportOpenVinoFunctions(Napi::Env env, Napi::Object exports);

}  // namespace enginery::addon
