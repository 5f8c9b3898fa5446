// The outcome of every operation below addon/: a code of lib/common/errors.ts, a message and its
// cause.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace enginery {

// The order is that of ERROR_CODE_SUFFIXES in lib/common/errors.ts, after kOk; a test compares both
// lists.
enum class Code {
  kOk,
  kInvalidArgument,
  kOutOfRange,
  kModelInvalid,
  kModelUnsupported,
  kRuntimeNotFound,
  kRuntimeSymbol,
  kRuntimeVersion,
  kAddonLoad,
  kDeviceUnavailable,
  kBuildFailed,
  kCalibrationFailed,
  kEngineStale,
  kOutOfMemory,
  kInferenceFailed,
  kInternal,
  kOverloaded,
  kTimeout,
  kDisposed,
  kCancelled,
};

inline constexpr std::array<std::string_view, 20> kCodeNames = {
    "OK",
    "ERR_ENGINERY_INVALID_ARGUMENT",
    "ERR_ENGINERY_OUT_OF_RANGE",
    "ERR_ENGINERY_MODEL_INVALID",
    "ERR_ENGINERY_MODEL_UNSUPPORTED",
    "ERR_ENGINERY_RUNTIME_NOT_FOUND",
    "ERR_ENGINERY_RUNTIME_SYMBOL",
    "ERR_ENGINERY_RUNTIME_VERSION",
    "ERR_ENGINERY_ADDON_LOAD",
    "ERR_ENGINERY_DEVICE_UNAVAILABLE",
    "ERR_ENGINERY_BUILD_FAILED",
    "ERR_ENGINERY_CALIBRATION_FAILED",
    "ERR_ENGINERY_ENGINE_STALE",
    "ERR_ENGINERY_OUT_OF_MEMORY",
    "ERR_ENGINERY_INFERENCE_FAILED",
    "ERR_ENGINERY_INTERNAL",
    "ERR_ENGINERY_OVERLOADED",
    "ERR_ENGINERY_TIMEOUT",
    "ERR_ENGINERY_DISPOSED",
    "ERR_ENGINERY_CANCELLED",
};
static_assert(kCodeNames.size() == static_cast<size_t>(Code::kCancelled) + 1);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message, std::string cause = {})
      : code_(code), message_(std::move(message)), cause_(std::move(cause)) {}

  [[nodiscard]] bool ok() const { return code_ == Code::kOk; }
  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  // The runtime's own text, whole, when the message is a cleaned form of it; else empty.
  [[nodiscard]] const std::string& cause() const { return cause_; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
  std::string cause_;
};

}  // namespace enginery

// Returns from the enclosing function when `expr` is a failed Status.
#define RETURN_IF_ERROR(expr)                        \
  do {                                               \
    ::enginery::Status status_of_expr = (expr);      \
    if (!status_of_expr.ok()) return status_of_expr; \
  } while (false)
