// A compiled model ready to run: a pool of requests, the runs in flight on them and the queue in
// front.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "addon/env_data.h"
#include "addon/napi_config.h"
#include "addon/run.h"
#include "base/result.h"
#include "base/status.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"

namespace enginery::addon {

// Thread: JavaScript's. The runtime's threads only call the function given to InferRequest::Start.
class ModelRunner : public std::enable_shared_from_this<ModelRunner> {
 public:
  static constexpr napi_type_tag kTag = {0x3c51d9a2b07e4c1f, 0xa84e6f0d5b2c7e91};
  static constexpr const char* kName = "a compiled model";

  // `requests` holds at least one; `is_profiled`: they measure their layers.
  ModelRunner(EnvData* env_data, std::shared_ptr<runtime::CompiledModel> model,
              std::vector<std::unique_ptr<runtime::InferRequest>> requests, bool is_profiled);
  ~ModelRunner();
  ModelRunner(const ModelRunner&) = delete;
  ModelRunner& operator=(const ModelRunner&) = delete;

  // Null once the model is released or the environment is going.
  [[nodiscard]] runtime::CompiledModel* model() { return is_open() ? model_.get() : nullptr; }

  // Copies the inputs and starts the run, or queues it while every request is busy; the answer
  // comes through EnvData::Settle. DISPOSED after Release.
  Status Start(uint32_t ticket, const RunArguments& arguments);
  // Runs on the calling thread and returns the outputs; null when no request is free.
  Result<napi_value> Infer(const RunArguments& arguments);
  // A queued run leaves the queue, a running one is told to stop, or computes to its end where the
  // model does not survive a stop; all settle with CANCELLED.
  void Cancel(uint32_t ticket);
  // The layers of the last run that ended; while it settles, of that run. INVALID_ARGUMENT before
  // the first, and for a model that is not profiled.
  Result<std::vector<runtime::LayerProfile>> Profile();
  // No new runs; when the accepted ones have ended the model is freed on a thread of its own and
  // the ticket settles.
  Status Release(uint32_t ticket);
  // The environment is going: cancels what runs, waits for it, and forgets the environment.
  void Stop();

 private:
  struct Slot {
    std::unique_ptr<runtime::InferRequest> request;
    std::optional<Run> run;
    // Keeps the runner alive while its run is in flight.
    std::shared_ptr<ModelRunner> self;
    std::chrono::steady_clock::time_point start;
    std::chrono::steady_clock::time_point end;
  };

  [[nodiscard]] bool is_open() const {
    return env_data_ != nullptr && !release_ticket_.has_value();
  }
  // Reads the arguments before anything is chosen by them; DISPOSED when the model is released
  // meanwhile.
  Status Read(const RunArguments& arguments, std::vector<GivenInput>* inputs, Run* run);
  Status Launch(size_t index, Run run);
  void OnEnded(size_t index);
  void SettleError(uint32_t ticket, const Status& status);
  void StartQueued();
  Status KeepProfile(runtime::InferRequest* request);
  void FreeIfDone();

  EnvData* env_data_;
  std::shared_ptr<runtime::CompiledModel> model_;
  std::vector<Slot> slots_;
  std::vector<size_t> idle_;
  std::deque<Run> queue_;
  bool is_profiled_;
  // Read before the request of the run is used again.
  std::vector<runtime::LayerProfile> last_profile_;
  bool has_profile_ = false;
  std::optional<uint32_t> release_ticket_;
};

}  // namespace enginery::addon
