// Concrete and bounded tensor shapes, counted without overflow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "base/status.h"

namespace enginery {

using Shape = std::vector<int64_t>;

inline constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();

// One size of a port: min == max when it is fixed, max == kUnbounded when it has no upper limit.
struct DimRange {
  int64_t min = 0;
  int64_t max = kUnbounded;
};

// A port's sizes. `has_rank` false: not even their number is known.
struct ShapeRange {
  bool has_rank = true;
  std::vector<DimRange> dims;

  [[nodiscard]] bool is_static() const {
    if (!has_rank) return false;
    for (const DimRange& dim : dims) {
      if (dim.min != dim.max) return false;
    }
    return true;
  }
};

inline std::string ToString(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

// Bytes of a tensor; 4-bit types are packed two per byte. OUT_OF_RANGE for negative sizes and
// overflow.
inline Result<size_t> ByteLength(DType dtype, const Shape& shape) {
  // Zero sizes first: [2^40, 2^40, 0] holds nothing, whatever its other sizes multiply to.
  bool is_empty = false;
  for (const int64_t dim : shape) {
    if (dim < 0) {
      return Status(Code::kOutOfRange,
                    "expected non-negative sizes for a tensor's dims, got " + ToString(shape));
    }
    is_empty = is_empty || dim == 0;
  }
  if (is_empty) return size_t{0};
  size_t bits = InfoOf(dtype).bits;
  for (const int64_t dim : shape) {
    if (__builtin_mul_overflow(bits, static_cast<size_t>(dim), &bits)) {
      return Status(Code::kOutOfRange,
                    "expected fewer than 2^61 bytes for a tensor, got dims " + ToString(shape));
    }
  }
  return (bits + 7) / 8;
}

}  // namespace enginery
