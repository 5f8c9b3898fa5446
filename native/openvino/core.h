// OpenVINO on this machine: one Core per process, shared by all environments and never unloaded.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/backend.h"

namespace enginery::openvino {

// Opens the library (after the libraries it needs from other folders, `preload`) and creates the
// Core, once per process: later calls get the same Core, whatever path they name.
// RUNTIME_NOT_FOUND, RUNTIME_SYMBOL, RUNTIME_VERSION. Blocks for some milliseconds; thread: safe
// from any.
Result<runtime::Backend*> Open(const std::string& library_path,
                               const std::vector<std::string>& preload);

// The Core that Open made; RUNTIME_NOT_FOUND before. Thread: safe from any.
Result<runtime::Backend*> Opened();

}  // namespace enginery::openvino
