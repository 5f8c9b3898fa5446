// Tensor element types, in onnxruntime-common's names.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace enginery {

enum class DType {
  kFloat32,
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kInt32,
  kInt64,
  kBool,
  kFloat16,
  kFloat64,
  kUint32,
  kUint64,
  kUint4,
  kInt4,
};

struct DTypeInfo {
  std::string_view name;
  size_t bits;
};

inline constexpr std::array<DTypeInfo, 14> kDTypes = {{
    {"float32", 32},
    {"uint8", 8},
    {"int8", 8},
    {"uint16", 16},
    {"int16", 16},
    {"int32", 32},
    {"int64", 64},
    {"bool", 8},
    {"float16", 16},
    {"float64", 64},
    {"uint32", 32},
    {"uint64", 64},
    {"uint4", 4},
    {"int4", 4},
}};
static_assert(kDTypes.size() == static_cast<size_t>(DType::kInt4) + 1);

constexpr const DTypeInfo& InfoOf(DType dtype) { return kDTypes[static_cast<size_t>(dtype)]; }

constexpr std::optional<DType> DTypeFromName(std::string_view name) {
  for (size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace enginery
