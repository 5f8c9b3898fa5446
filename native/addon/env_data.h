// What the addon keeps per JavaScript environment (the main thread and each worker has one).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "addon/napi_config.h"

namespace enginery::addon {

class ModelRunner;

// Everything asynchronous ends here: other threads Post a function, JavaScript's thread runs it,
// and what it has to tell goes through one handler function that TypeScript sets, by the ticket
// that TypeScript chose. Thread: JavaScript's, except Post.
class EnvData {
 public:
  // Creates the environment's data and stores it; freed with the environment.
  static void Create(Napi::Env env);
  static EnvData& Of(Napi::Env env);

  ~EnvData() = default;
  EnvData(const EnvData&) = delete;
  EnvData& operator=(const EnvData&) = delete;

  [[nodiscard]] Napi::Env env() const { return Napi::Env(env_); }
  // `drain_later` arranges that Drain is called from a later phase of the event loop.
  void SetHandler(const Napi::Function& handler, const Napi::Function& drain_later) {
    handler_ = Napi::Persistent(handler);
    drain_later_ = Napi::Persistent(drain_later);
  }

  // The ArrayBuffer constructor as it was when the addon was loaded.
  [[nodiscard]] napi_value array_buffer() const { return array_buffer_.Value(); }

  // Runs `function` on JavaScript's thread, soon. `copied_bytes` is what its receiver is expected
  // to copy in answer to it. Thread: any.
  void Post(std::function<void()> function, size_t copied_bytes = 0);
  // What `drain_later` arranged: runs what is posted, and begins the next turn.
  void DrainLater();
  // Runs `work` on a thread of its own, then `done` on JavaScript's. False, and neither runs, when
  // the environment is going.
  bool RunInBackground(std::function<void()> work, std::function<void()> done);
  // Gives the answer of a ticket to the handler: (ticket, error | undefined, value, microseconds).
  void Settle(uint32_t ticket, napi_value error, napi_value value, double microseconds);

  // The event loop stays alive while something is pending.
  void BeginPending();
  void EndPending();

  // Runners whose runs must have ended before the environment goes.
  void Add(ModelRunner* runner) { runners_.push_back(runner); }
  void Remove(ModelRunner* runner);

  // Cancels every run and waits for it, and for the background threads. Nothing is posted or
  // started afterwards.
  void StopAll();

 private:
  explicit EnvData(napi_env env) : env_(env) {}
  struct Posted {
    std::function<void()> function;
    size_t copied_bytes;
  };

  void OnPosted();
  bool ArmDrain();
  // False when answers with large tensors are left to a later turn, for which a drain is arranged.
  bool Drain();
  static void OnCleanup(void* self);
  static void OnPosted(napi_env env, napi_value callback, void* context, void* data);

  napi_env env_;
  Napi::FunctionReference handler_;
  Napi::FunctionReference drain_later_;
  Napi::FunctionReference array_buffer_;
  // A drain from a later phase of this turn is arranged, since `turn_start_`.
  bool is_drain_armed_ = false;
  std::chrono::steady_clock::time_point turn_start_;
  // This turn has given as many answers with large tensors as it may.
  bool is_turn_full_ = false;
  napi_threadsafe_function function_ = nullptr;
  size_t pending_ = 0;
  bool is_stopped_ = false;
  std::vector<ModelRunner*> runners_;
  std::list<std::thread> threads_;

  std::mutex mutex_;
  std::vector<Posted> posted_;  // guarded by mutex_
};

}  // namespace enginery::addon
