// OpenVINO's element type numbers, which moved between versions, against our DType.
#pragma once

#include <openvino/c/openvino.h>

#include <optional>

#include "base/dtype.h"
#include "base/status.h"

namespace enginery::openvino {

// Finds out which numbering the opened library uses by the byte sizes of small tensors: 2025.2 and
// later count as the headers do; earlier ones have one more entry in front. RUNTIME_VERSION when
// neither fits. Thread: once, before any other function here, under the lock of the one Core.
Status ProbeElementTypes();

ov_element_type_e ElementTypeFromDType(DType dtype);
// Nothing for types that onnxruntime-common has no name for (bf16, f8, strings in our tensors ...).
std::optional<DType> DTypeFromElementType(ov_element_type_e type);

}  // namespace enginery::openvino
