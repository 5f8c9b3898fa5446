#include "base/shape.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/dtype.h"
#include "base/status.h"

namespace enginery {
namespace {

TEST(ByteLength, CountsBytesOfEveryWidth) {
  EXPECT_EQ(ByteLength(DType::kFloat32, {2, 3}).value(), 24U);
  EXPECT_EQ(ByteLength(DType::kFloat64, {2, 3}).value(), 48U);
  EXPECT_EQ(ByteLength(DType::kBool, {5}).value(), 5U);
}

TEST(ByteLength, PacksFourBitTypesTwoPerByte) {
  EXPECT_EQ(ByteLength(DType::kInt4, {3}).value(), 2U);
  EXPECT_EQ(ByteLength(DType::kUint4, {4}).value(), 2U);
}

TEST(ByteLength, IsOneElementForAScalar) { EXPECT_EQ(ByteLength(DType::kFloat32, {}).value(), 4U); }

TEST(ByteLength, IsZeroWhenAnySizeIsZero) {
  EXPECT_EQ(ByteLength(DType::kFloat32, {int64_t{1} << 40, int64_t{1} << 40, 0}).value(), 0U);
}

TEST(ByteLength, RefusesNegativeSizes) {
  EXPECT_EQ(ByteLength(DType::kFloat32, {2, -1}).status().code(), Code::kOutOfRange);
}

TEST(ByteLength, RefusesProductsThatOverflow) {
  EXPECT_EQ(ByteLength(DType::kUint8, {int64_t{1} << 53, int64_t{1} << 53}).status().code(),
            Code::kOutOfRange);
}

TEST(ShapeRange, IsStaticOnlyWithFixedSizes) {
  EXPECT_TRUE((ShapeRange{true, {{1, 1}, {8, 8}}}.is_static()));
  EXPECT_FALSE((ShapeRange{true, {{0, kUnbounded}, {8, 8}}}.is_static()));
  EXPECT_FALSE((ShapeRange{false, {}}.is_static()));
}

}  // namespace
}  // namespace enginery
