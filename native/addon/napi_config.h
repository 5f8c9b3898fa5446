// The only include of napi.h, with the settings that every file must share.
#pragma once

// C++ exceptions become JavaScript's, those of the standard library too: a net for what may throw
// below us.
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL
// The build sets NAPI_VERSION=9 and NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS (a worker that dies in
// mid-run aborted the process in 10 of 15 tries without it: openvino.md, trap 8).
#include <napi.h>  // IWYU pragma: export

#if NAPI_VERSION != 9 || !defined(NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)
#error "expected NAPI_VERSION=9 and NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
#endif
