#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/dtype.h"
#include "base/status.h"

namespace enginery {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Status(Code::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  ASSIGN_OR_RETURN(const int half, Half(number));
  return Half(half);
}

Status Check(int number) {
  RETURN_IF_ERROR(Quarter(number).status());
  return {};
}

TEST(Result, HoldsAValueOrAStatus) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_FALSE(Quarter(6).ok());
  EXPECT_EQ(Quarter(6).status().message(), "odd");
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result.value());
  EXPECT_EQ(*taken, 7);
}

TEST(Status, PassesThroughTheMacros) {
  EXPECT_TRUE(Check(4).ok());
  EXPECT_EQ(Check(3).code(), Code::kInvalidArgument);
}

TEST(DType, RoundTripsItsName) {
  for (const DTypeInfo& info : kDTypes) {
    const std::optional<DType> dtype = DTypeFromName(info.name);
    ASSERT_TRUE(dtype.has_value());
    EXPECT_EQ(dtype, static_cast<DType>(&info - kDTypes.data()));
  }
  EXPECT_FALSE(DTypeFromName("bfloat16").has_value());
}

}  // namespace
}  // namespace enginery
