#include "addon/env_data.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "addon/model_runner.h"
#include "addon/napi_config.h"

namespace enginery::addon {
namespace {

// How long answers may be given in one turn of the event loop.
constexpr std::chrono::microseconds kTurn{1000};

// What the receivers of the answers in one turn of the event loop may copy: they start their next
// runs when all answers of the turn are given, and four copies of 16 MB in a row are a stall of 20
// ms.
constexpr size_t kTurnBytes = size_t{4} * 1024 * 1024;

}  // namespace

void EnvData::Create(Napi::Env env) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): private constructor
  std::unique_ptr<EnvData> data(new EnvData(env));
  data->array_buffer_ = Napi::Persistent(env.Global().Get("ArrayBuffer").As<Napi::Function>());
  napi_value name = Napi::String::New(env, "enginery");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr,
                                      data.get(), &EnvData::OnPosted,
                                      &data->function_) != napi_ok ||
      napi_unref_threadsafe_function(env, data->function_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  // Added after the thread-safe function, hence run before its own clean-up (hooks run last in,
  // first out).
  if (napi_add_env_cleanup_hook(env, &EnvData::OnCleanup, data.get()) != napi_ok) {
    throw Napi::Error::New(env);
  }
  env.SetInstanceData<EnvData>(data.release());
}

EnvData& EnvData::Of(Napi::Env env) { return *env.GetInstanceData<EnvData>(); }

void EnvData::Post(std::function<void()> function, size_t copied_bytes) {
  bool is_first = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_first = posted_.empty();
    posted_.push_back({std::move(function), copied_bytes});
  }
  if (!is_first) return;
  // The queue is unbounded and the function lives until StopAll has waited for every caller: only a
  // closing environment refuses, and there nobody waits for the answer.
  static_cast<void>(napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking));
}

void EnvData::OnPosted(napi_env env, napi_value /*callback*/, void* context, void* /*data*/) {
  // A null env: the environment is going and the queue is only being emptied.
  if (env == nullptr) return;
  static_cast<EnvData*>(context)->OnPosted();
}

// Node calls a thread-safe function up to 1000 times in a row while each call finds something new,
// and what the answers' receivers compute in between counts too: short runs that start each other
// kept timers waiting for 600 ms. Over kTurn the rest of a turn is left to a setImmediate.
void EnvData::OnPosted() {
  if (!is_drain_armed_) {
    turn_start_ = std::chrono::steady_clock::now();
    is_drain_armed_ = ArmDrain();
  } else if (is_turn_full_ || std::chrono::steady_clock::now() - turn_start_ > kTurn) {
    // Post finds its queue filled and wakes nobody until DrainLater has emptied it.
    return;
  }
  is_turn_full_ = !Drain();
}

// False where JavaScript cannot be called any more (a worker that is being terminated).
bool EnvData::ArmDrain() {
  if (drain_later_.IsEmpty()) return false;
  napi_value undefined = nullptr;
  napi_get_undefined(env_, &undefined);
  if (napi_call_function(env_, undefined, drain_later_.Value(), 0, nullptr, nullptr) == napi_ok) {
    return true;
  }
  napi_value thrown = nullptr;
  static_cast<void>(napi_get_and_clear_last_exception(env_, &thrown));
  return false;
}

void EnvData::DrainLater() {
  is_drain_armed_ = false;
  if (is_turn_full_) {
    // This phase belongs to the turn that is full: timers come between it and the next one.
    is_turn_full_ = false;
    is_drain_armed_ = ArmDrain();
    if (is_drain_armed_) return;
  }
  static_cast<void>(Drain());
}

bool EnvData::Drain() {
  std::vector<Posted> posted;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted.swap(posted_);
  }
  size_t copied_bytes = 0;
  for (auto next = posted.begin(); next != posted.end(); ++next) {
    // What an answer's receiver does may end the environment.
    if (is_stopped_) return true;
    if (copied_bytes >= kTurnBytes) {
      if (!is_drain_armed_) is_drain_armed_ = ArmDrain();
      if (is_drain_armed_) {
        const std::lock_guard<std::mutex> lock(mutex_);
        posted_.insert(posted_.begin(), std::make_move_iterator(next),
                       std::make_move_iterator(posted.end()));
        return false;
      }
    }
    copied_bytes += next->copied_bytes;
    const Napi::HandleScope scope(env());
    // The functions turn their failures into answers themselves. What is left is a worker that is
    // being terminated, where every call that makes a JavaScript value fails and nobody waits.
    try {
      next->function();
    } catch (const std::exception&) {
      continue;
    }
  }
  return true;
}

bool EnvData::RunInBackground(std::function<void()> work, std::function<void()> done) {
  if (is_stopped_) return false;
  BeginPending();
  const auto thread = threads_.emplace(threads_.end());
  const std::function<void()> all = [this, thread, work = std::move(work), done = std::move(done)] {
    work();
    Post([this, thread, done] {
      // StopAll may have waited for it before.
      if (thread->joinable()) thread->join();
      threads_.erase(thread);
      EndPending();
      done();
    });
  };
  try {
    *thread = std::thread(all);
  } catch (const std::system_error&) {
    // No thread to be had (a limit on processes): better late and on this thread than never.
    all();
  }
  return true;
}

void EnvData::Settle(uint32_t ticket, napi_value error, napi_value value, double microseconds) {
  if (handler_.IsEmpty()) return;
  napi_value undefined = nullptr;
  napi_get_undefined(env_, &undefined);
  napi_value ticket_value = Napi::Number::New(env_, ticket);
  napi_value time = Napi::Number::New(env_, microseconds);
  const std::array<napi_value, 4> arguments = {ticket_value, error == nullptr ? undefined : error,
                                               value == nullptr ? undefined : value, time};
  if (napi_call_function(env_, undefined, handler_.Value(), arguments.size(), arguments.data(),
                         nullptr) == napi_pending_exception) {
    // The handler settles promises and does not throw; should it, the process must hear of it.
    napi_value thrown = nullptr;
    if (napi_get_and_clear_last_exception(env_, &thrown) == napi_ok) {
      napi_fatal_exception(env_, thrown);
    }
  }
}

void EnvData::BeginPending() {
  if (pending_++ == 0) napi_ref_threadsafe_function(env_, function_);
}

void EnvData::EndPending() {
  if (--pending_ == 0) napi_unref_threadsafe_function(env_, function_);
}

void EnvData::Remove(ModelRunner* runner) {
  runners_.erase(std::remove(runners_.begin(), runners_.end(), runner), runners_.end());
}

void EnvData::StopAll() {
  if (is_stopped_) return;
  is_stopped_ = true;
  // Stopped runners no longer know this environment, so they do not take themselves off the list.
  const std::vector<ModelRunner*> runners = std::move(runners_);
  runners_.clear();
  for (ModelRunner* runner : runners) runner->Stop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  // Answers that were on their way; some name runners that are gone.
  std::vector<Posted> unheard;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    unheard.swap(posted_);
  }
  if (pending_ != 0) napi_unref_threadsafe_function(env_, function_);
  pending_ = 0;
}

void EnvData::OnCleanup(void* self) {
  auto* data = static_cast<EnvData*>(self);
  data->StopAll();
  napi_release_threadsafe_function(data->function_, napi_tsfn_abort);
}

}  // namespace enginery::addon
