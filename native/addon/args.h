// Reading JavaScript arguments: each function throws a typed error that names what was expected.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "addon/errors.h"
#include "addon/napi_config.h"
#include "base/shape.h"
#include "base/status.h"

namespace enginery::addon {

[[noreturn]] inline void ThrowExpected(Napi::Env env, const char* what, const char* name) {
  Throw(env, {Code::kInvalidArgument, std::string("expected ") + what + " for " + name});
}

inline std::string RequireString(const Napi::Value& value, const char* name) {
  if (!value.IsString()) ThrowExpected(value.Env(), "a string", name);
  return value.As<Napi::String>().Utf8Value();
}

inline Napi::Object RequireObject(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) ThrowExpected(value.Env(), "an object", name);
  return value.As<Napi::Object>();
}

inline Napi::Array RequireArray(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) ThrowExpected(value.Env(), "an array", name);
  return value.As<Napi::Array>();
}

// An integer in [min, 2^53).
inline int64_t RequireInteger(const Napi::Value& value, const char* name, int64_t min) {
  constexpr double kLimit = 9007199254740992.0;
  if (!value.IsNumber()) ThrowExpected(value.Env(), "an integer", name);
  const double number = value.As<Napi::Number>().DoubleValue();
  // Written so that NaN fails.
  if (!(number >= static_cast<double>(min) && number < kLimit)) {
    ThrowExpected(value.Env(), "an integer in range", name);
  }
  const auto integer = static_cast<int64_t>(number);
  if (static_cast<double>(integer) != number) ThrowExpected(value.Env(), "an integer", name);
  return integer;
}

// The number under which TypeScript waits for an answer.
inline uint32_t RequireTicket(const Napi::Value& value) {
  constexpr int64_t kMost = 0xffffffff;
  const int64_t ticket = RequireInteger(value, "ticket", 0);
  if (ticket > kMost) ThrowExpected(value.Env(), "at most 32 bits", "ticket");
  return static_cast<uint32_t>(ticket);
}

inline Shape RequireShape(const Napi::Value& value, const char* name) {
  const Napi::Array array = RequireArray(value, name);
  constexpr uint32_t kMaxRank = 64;
  if (array.Length() > kMaxRank) ThrowExpected(value.Env(), "at most 64 sizes", name);
  Shape shape;
  shape.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) {
    shape.push_back(RequireInteger(array.Get(i), name, 0));
  }
  return shape;
}

}  // namespace enginery::addon
