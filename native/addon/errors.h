// A Status as a JavaScript error: the one place where they meet.
#pragma once

#include "addon/napi_config.h"
#include "base/status.h"

namespace enginery::addon {

// An Error with `code`, `message` and, where there is one, `cause`. TypeScript makes its own error
// of it.
Napi::Value ErrorFromStatus(Napi::Env env, const Status& status);

// Throws the error of a failed Status into JavaScript.
[[noreturn]] void Throw(Napi::Env env, const Status& status);

}  // namespace enginery::addon
