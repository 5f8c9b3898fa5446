// A value, or the Status that says why there is none.
#pragma once

#include <optional>
#include <utility>

#include "base/status.h"

namespace enginery {

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that functions return either a value or a Status.
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  // The failure; OK when there is a value.
  [[nodiscard]] const Status& status() const { return status_; }
  // Only when ok().
  [[nodiscard]] T& value() { return *value_; }  // NOLINT(bugprone-unchecked-optional-access)
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
  [[nodiscard]] const T& value() const { return *value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace enginery

#define ENGINERY_CONCAT_INNER(a, b) a##b
#define ENGINERY_CONCAT(a, b) ENGINERY_CONCAT_INNER(a, b)

// Evaluates a Result; returns its Status on failure, else moves the value into `target`.
#define ASSIGN_OR_RETURN(target, expr) \
  ASSIGN_OR_RETURN_INNER(ENGINERY_CONCAT(result_of_expr_, __LINE__), target, expr)
#define ASSIGN_OR_RETURN_INNER(result, target, expr) \
  auto result = (expr);                              \
  if (!result.ok()) return result.status();          \
  target = std::move(result.value())
