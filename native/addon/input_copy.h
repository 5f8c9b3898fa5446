// Copying a caller's values into the runtime's memory, on JavaScript's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/dtype.h"
#include "base/status.h"
#include "runtime/tensor.h"

namespace enginery::addon {

// Integers of 64 (or unsigned 32) bits that a device computing in int32 would wrap in silence.
inline bool FitsInt32(DType dtype, const void* data, size_t byte_length) {
  // One pass without branches, which the compiler vectorizes; the answer is almost always yes.
  if (dtype == DType::kInt64) {
    const auto* values = static_cast<const int64_t*>(data);
    uint64_t excess = 0;
    for (size_t i = 0; i < byte_length / sizeof(int64_t); ++i) {
      excess |= (static_cast<uint64_t>(values[i]) + 0x80000000ULL) >> 32U;
    }
    return excess == 0;
  }
  if (dtype == DType::kUint64) {
    const auto* values = static_cast<const uint64_t*>(data);
    uint64_t excess = 0;
    for (size_t i = 0; i < byte_length / sizeof(uint64_t); ++i) excess |= values[i] >> 31U;
    return excess == 0;
  }
  if (dtype == DType::kUint32) {
    const auto* values = static_cast<const uint32_t*>(data);
    uint32_t excess = 0;
    for (size_t i = 0; i < byte_length / sizeof(uint32_t); ++i) excess |= values[i] >> 31U;
    return excess == 0;
  }
  return true;
}

inline Status CheckIntegers(const runtime::Tensor& tensor, const std::string& name) {
  if (FitsInt32(tensor.dtype(), tensor.data(), tensor.byte_length())) return {};
  return {Code::kOutOfRange, "expected values within int32 for input '" + name + "' (" +
                                 std::string(InfoOf(tensor.dtype()).name) +
                                 "), since OpenVINO computes it as int32 on this device; use "
                                 "provider 'cpu' for larger values"};
}

// Copies `byte_length` bytes, which must be the tensor's size. With `narrows_integers` values that
// the device would wrap are refused by the input's name.
inline Status CopyInput(const void* source, size_t byte_length, bool narrows_integers,
                        const std::string& name, runtime::Tensor* target) {
  if (byte_length != target->byte_length()) {
    return {Code::kInvalidArgument,
            "expected " + std::to_string(target->byte_length()) + " bytes for input '" + name +
                "' of shape " + ToString(target->shape()) + ", got " + std::to_string(byte_length) +
                " (a detached or resized buffer has none)"};
  }
  if (byte_length == 0) return {};
  std::memcpy(target->data(), source, byte_length);
  // Checked after the copy: a SharedArrayBuffer can change under the reader.
  return narrows_integers ? CheckIntegers(*target, name) : Status();
}

}  // namespace enginery::addon
