#include "addon/input_copy.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/dtype.h"
#include "base/shape.h"
#include "base/status.h"
#include "runtime/tensor.h"

namespace enginery::addon {
namespace {

// A tensor over a vector: the smallest real one.
class VectorTensor : public runtime::Tensor {
 public:
  VectorTensor(DType dtype, Shape shape, size_t byte_length)
      : dtype_(dtype), shape_(std::move(shape)), bytes_(byte_length) {}
  [[nodiscard]] DType dtype() const override { return dtype_; }
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  [[nodiscard]] void* data() const override { return bytes_.data(); }
  [[nodiscard]] size_t byte_length() const override { return bytes_.size(); }

 private:
  DType dtype_;
  Shape shape_;
  mutable std::vector<unsigned char> bytes_;
};

constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();

TEST(FitsInt32, TakesTheWholeRangeOfInt32) {
  const std::array<int64_t, 4> values = {0, -1, kMost, kLeast};
  EXPECT_TRUE(FitsInt32(DType::kInt64, values.data(), sizeof(values)));
}

TEST(FitsInt32, FindsTheFirstValueBeyond) {
  for (const int64_t beyond : {kMost + 1, kLeast - 1, std::numeric_limits<int64_t>::max(),
                               std::numeric_limits<int64_t>::min()}) {
    const std::array<int64_t, 3> values = {1, beyond, 2};
    EXPECT_FALSE(FitsInt32(DType::kInt64, values.data(), sizeof(values))) << beyond;
  }
}

TEST(FitsInt32, KnowsUnsignedTypes) {
  const std::array<uint64_t, 1> fits = {static_cast<uint64_t>(kMost)};
  const std::array<uint64_t, 1> beyond = {static_cast<uint64_t>(kMost) + 1};
  EXPECT_TRUE(FitsInt32(DType::kUint64, fits.data(), sizeof(fits)));
  EXPECT_FALSE(FitsInt32(DType::kUint64, beyond.data(), sizeof(beyond)));
}

TEST(CopyInput, RefusesAnotherSizeAndNamesTheInput) {
  VectorTensor target(DType::kFloat32, {2}, 8);
  const std::array<float, 1> source = {1};
  const Status status = CopyInput(source.data(), sizeof(source), false, "x", &target);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("'x'"), std::string::npos);
}

TEST(CopyInput, CopiesTheBytes) {
  VectorTensor target(DType::kInt64, {2}, 16);
  const std::array<int64_t, 2> source = {3, int64_t{1} << 40};
  ASSERT_TRUE(CopyInput(source.data(), sizeof(source), false, "x", &target).ok());
  EXPECT_EQ(static_cast<const int64_t*>(target.data())[1], source[1]);
}

TEST(CopyInput, RefusesWhatTheDeviceWouldWrap) {
  VectorTensor target(DType::kInt64, {1}, 8);
  const std::array<int64_t, 1> source = {int64_t{1} << 40};
  EXPECT_EQ(CopyInput(source.data(), sizeof(source), true, "x", &target).code(), Code::kOutOfRange);
}

TEST(CopyInput, TakesEmptyInputsWithoutMemory) {
  VectorTensor target(DType::kFloat32, {0}, 0);
  EXPECT_TRUE(CopyInput(nullptr, 0, true, "x", &target).ok());
}

}  // namespace
}  // namespace enginery::addon
