// Properties of OpenVINO: all of them are strings through the C API.
#pragma once

#include <openvino/c/openvino.h>

#include <map>
#include <string>

#include "base/result.h"

namespace enginery::openvino {

// Compiles with up to kMaxProperties properties. The C API takes them as variable arguments (its
// array form is absent in 2025.2): a fixed number of pairs is passed and the rest is not looked at.
inline constexpr size_t kMaxProperties = 24;

Result<ov_compiled_model_t*> CompileWithProperties(
    const ov_core_t* core, const ov_model_t* model, const std::string& device,
    const std::map<std::string, std::string>& properties);

// The value of a property of a compiled model.
Result<std::string> CompiledProperty(const ov_compiled_model_t* model, const std::string& key);

// The value of a property of a device.
Result<std::string> DeviceProperty(const ov_core_t* core, const std::string& device,
                                   const std::string& key);

}  // namespace enginery::openvino
