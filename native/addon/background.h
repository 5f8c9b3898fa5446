// Work on a thread of its own whose answer settles a ticket.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "addon/env_data.h"
#include "addon/errors.h"
#include "addon/napi_config.h"
#include "base/result.h"
#include "base/status.h"

namespace enginery::addon {

// `work` runs on a thread and touches no JavaScript; `convert` makes the answer's value on
// JavaScript's thread.
template <typename T>
void Answer(Napi::Env env, uint32_t ticket, std::function<Result<T>()> work,
            std::function<Napi::Value(Napi::Env, T&)> convert) {
  EnvData& data = EnvData::Of(env);
  // Shared, so that both functions are copyable though T may not be.
  auto result = std::make_shared<Result<T>>(Status(Code::kInternal, "the work did not start"));
  const bool is_started = data.RunInBackground(
      [result, work = std::move(work)] {
        // Nothing below addon/ throws on purpose; allocation may.
        try {
          *result = work();
        } catch (const std::exception& error) {
          *result = Status(Code::kOutOfMemory, std::string("the work failed: ") + error.what());
        }
      },
      [result, ticket, data = &data, convert = std::move(convert)] {
        const Napi::Env env = data->env();
        if (!result->ok()) {
          data->Settle(ticket, ErrorFromStatus(env, result->status()), nullptr, 0);
          return;
        }
        try {
          data->Settle(ticket, nullptr, convert(env, result->value()), 0);
        } catch (const Napi::Error& error) {
          data->Settle(ticket, error.Value(), nullptr, 0);
        }
      });
  if (!is_started) Throw(env, {Code::kDisposed, "the process or the worker is ending"});
}

}  // namespace enginery::addon
