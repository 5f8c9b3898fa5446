#include "openvino/element_type.h"

#include <openvino/c/openvino.h>

#include <array>
#include <cstddef>
#include <optional>

#include "base/dtype.h"
#include "base/status.h"
#include "openvino/api.h"
#include "openvino/handle.h"

namespace enginery::openvino {
namespace {

struct Pair {
  DType dtype;
  ov_element_type_e type;
};

// The numbers of the headers we compile with.
constexpr std::array<Pair, 14> kPairs = {{
    {DType::kFloat32, ov_element_type_e::F32},
    {DType::kUint8, ov_element_type_e::U8},
    {DType::kInt8, ov_element_type_e::I8},
    {DType::kUint16, ov_element_type_e::U16},
    {DType::kInt16, ov_element_type_e::I16},
    {DType::kInt32, ov_element_type_e::I32},
    {DType::kInt64, ov_element_type_e::I64},
    {DType::kBool, ov_element_type_e::BOOLEAN},
    {DType::kFloat16, ov_element_type_e::F16},
    {DType::kFloat64, ov_element_type_e::F64},
    {DType::kUint32, ov_element_type_e::U32},
    {DType::kUint64, ov_element_type_e::U64},
    {DType::kUint4, ov_element_type_e::U4},
    {DType::kInt4, ov_element_type_e::I4},
}};
static_assert(ov_element_type_e::F32 == 4 && ov_element_type_e::U8 == 16 &&
                  ov_element_type_e::U64 == 19,
              "the numbering of OpenVINO 2025.2 and later");

int& Shift() {
  static int shift = 0;
  return shift;
}

ov_element_type_e Shifted(ov_element_type_e type, int shift) {
  return static_cast<ov_element_type_e>(static_cast<int>(type) + shift);
}

// Do tensors of eight elements have the sizes that this numbering promises?
bool Fits(int shift) {
  for (const Pair& pair : kPairs) {
    ShapeHandle shape;
    if (!shape.Set({8}).ok()) return false;
    ov_tensor_t* raw = nullptr;
    if (!Call(Code::kInternal, "probe", TheApi().tensor_create, Shifted(pair.type, shift),
              *shape.get(), &raw)
             .ok()) {
      return false;
    }
    const TensorHandle tensor(raw);
    size_t bytes = 0;
    if (!Call(Code::kInternal, "probe", TheApi().tensor_get_byte_size, tensor.get(), &bytes).ok()) {
      return false;
    }
    if (bytes != InfoOf(pair.dtype).bits) return false;
  }
  return true;
}

}  // namespace

Status ProbeElementTypes() {
  for (const int shift : {0, 1}) {
    if (!Fits(shift)) continue;
    Shift() = shift;
    return {};
  }
  return {Code::kRuntimeVersion,
          "expected the element type numbers of OpenVINO 2024.6 to 2026.4, but this library's "
          "tensors have other sizes; install a version from 2025.2 to 2026.4"};
}

ov_element_type_e ElementTypeFromDType(DType dtype) {
  for (const Pair& pair : kPairs) {
    if (pair.dtype == dtype) return Shifted(pair.type, Shift());
  }
  return ov_element_type_e::DYNAMIC;
}

std::optional<DType> DTypeFromElementType(ov_element_type_e type) {
  for (const Pair& pair : kPairs) {
    if (Shifted(pair.type, Shift()) == type) return pair.dtype;
  }
  return std::nullopt;
}

}  // namespace enginery::openvino
