#include "addon/model_runner.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <utility>
#include <vector>

#include "addon/env_data.h"
#include "addon/errors.h"
#include "addon/napi_config.h"
#include "addon/run.h"
#include "base/result.h"
#include "base/status.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"

namespace enginery::addon {
namespace {

// CollectOutputs for a run that nobody waits for in a call: whatever fails, the run settles.
Result<napi_value> Collect(Napi::Env env, const runtime::CompiledModel& model,
                           runtime::InferRequest* request, Run* run) {
  try {
    return CollectOutputs(env, model, request, run);
  } catch (const std::exception& error) {
    return Status(Code::kOutOfMemory, std::string("could not make the outputs: ") + error.what());
  }
}

Status Cancelled() { return {Code::kCancelled, "the run was cancelled"}; }

Status Disposed() { return {Code::kDisposed, "Session already disposed."}; }

}  // namespace

ModelRunner::ModelRunner(EnvData* env_data, std::shared_ptr<runtime::CompiledModel> model,
                         std::vector<std::unique_ptr<runtime::InferRequest>> requests,
                         bool is_profiled)
    : env_data_(env_data), model_(std::move(model)), is_profiled_(is_profiled) {
  slots_.resize(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    slots_[i].request = std::move(requests[i]);
    idle_.push_back(requests.size() - 1 - i);
  }
  env_data_->Add(this);
}

ModelRunner::~ModelRunner() {
  if (env_data_ != nullptr) env_data_->Remove(this);
}

Status ModelRunner::Read(const RunArguments& arguments, std::vector<GivenInput>* inputs, Run* run) {
  if (!is_open()) return Disposed();
  // A getter of the caller may release the model while its arguments are read.
  const std::shared_ptr<runtime::CompiledModel> model = model_;
  RETURN_IF_ERROR(ReadArguments(env_data_->env(), *model, arguments, inputs, run));
  return is_open() ? Status() : Disposed();
}

Status ModelRunner::Start(uint32_t ticket, const RunArguments& arguments) {
  Run run;
  run.ticket = ticket;
  std::vector<GivenInput> inputs;
  RETURN_IF_ERROR(Read(arguments, &inputs, &run));
  const Napi::Env env = env_data_->env();
  if (idle_.empty()) {
    RETURN_IF_ERROR(TakeInputs(env, model_.get(), nullptr, inputs, &run));
    queue_.push_back(std::move(run));
    env_data_->BeginPending();
    return {};
  }
  const size_t index = idle_.back();
  RETURN_IF_ERROR(TakeInputs(env, model_.get(), slots_[index].request.get(), inputs, &run));
  RETURN_IF_ERROR(Launch(index, std::move(run)));
  idle_.pop_back();
  env_data_->BeginPending();
  return {};
}

Status ModelRunner::Launch(size_t index, Run run) {
  Slot& slot = slots_[index];
  RETURN_IF_ERROR(Bind(env_data_->env(), model_.get(), slot.request.get(), &run));
  slot.run = std::move(run);
  slot.self = shared_from_this();
  slot.start = std::chrono::steady_clock::now();
  const Status status = slot.request->Start([this, index] {
    Slot& ended = slots_[index];
    ended.end = std::chrono::steady_clock::now();
    // A slot whose request has started holds its run until OnEnded.
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    env_data_->Post([this, index] { OnEnded(index); }, ended.run->copied_bytes);
  });
  if (!status.ok()) {
    slot.run.reset();
    slot.self.reset();
  }
  return status;
}

void ModelRunner::OnEnded(size_t index) {
  Slot& slot = slots_[index];
  // Keeps this alive until the end of the function; the slot no longer does.
  const std::shared_ptr<ModelRunner> self = std::move(slot.self);
  const Napi::Env env = env_data_->env();
  // A slot whose request has started holds its run until here.
  Run run = std::move(*slot.run);  // NOLINT(bugprone-unchecked-optional-access)
  slot.run.reset();
  const double microseconds =
      std::chrono::duration<double, std::micro>(slot.end - slot.start).count();
  // The callback came before the request's own state was settled: this waits for that, a few
  // microseconds.
  Status status = slot.request->Wait();
  if (status.ok() && run.is_dropped) status = Cancelled();
  napi_value outputs = nullptr;
  if (status.ok()) {
    Result<napi_value> collected = Collect(env, *model_, slot.request.get(), &run);
    if (collected.ok()) {
      outputs = collected.value();
    } else {
      status = collected.status();
    }
  }
  if (status.ok()) status = KeepProfile(slot.request.get());
  idle_.push_back(index);
  StartQueued();
  if (env_data_ == nullptr) return;
  env_data_->EndPending();
  if (status.ok()) {
    env_data_->Settle(run.ticket, nullptr, outputs, microseconds);
  } else {
    SettleError(run.ticket, status);
  }
  // What JavaScript did while it settled may have been to end the environment.
  if (env_data_ != nullptr) FreeIfDone();
}

void ModelRunner::SettleError(uint32_t ticket, const Status& status) {
  env_data_->Settle(ticket, ErrorFromStatus(env_data_->env(), status), nullptr, 0);
}

void ModelRunner::StartQueued() {
  while (!idle_.empty() && !queue_.empty()) {
    Run run = std::move(queue_.front());
    queue_.pop_front();
    const uint32_t ticket = run.ticket;
    const Status status = Launch(idle_.back(), std::move(run));
    if (status.ok()) {
      idle_.pop_back();
    } else {
      env_data_->EndPending();
      SettleError(ticket, status);
      if (env_data_ == nullptr) return;
    }
  }
}

Result<napi_value> ModelRunner::Infer(const RunArguments& arguments) {
  Run run;
  std::vector<GivenInput> inputs;
  RETURN_IF_ERROR(Read(arguments, &inputs, &run));
  if (idle_.empty()) return napi_value{nullptr};
  const Napi::Env env = env_data_->env();
  runtime::InferRequest* request = slots_[idle_.back()].request.get();
  RETURN_IF_ERROR(TakeInputs(env, model_.get(), request, inputs, &run));
  RETURN_IF_ERROR(Bind(env, model_.get(), request, &run));
  RETURN_IF_ERROR(request->Infer());
  RETURN_IF_ERROR(KeepProfile(request));
  return CollectOutputs(env, *model_, request, &run);
}

void ModelRunner::Cancel(uint32_t ticket) {
  if (env_data_ == nullptr) return;
  const auto queued = std::find_if(queue_.begin(), queue_.end(),
                                   [ticket](const Run& run) { return run.ticket == ticket; });
  if (queued != queue_.end()) {
    queue_.erase(queued);
    env_data_->EndPending();
    SettleError(ticket, Cancelled());
    return;
  }
  for (Slot& slot : slots_) {
    if (!slot.run.has_value() || slot.run->ticket != ticket) continue;
    if (model_->survives_cancel()) {
      slot.request->Cancel();
    } else {
      slot.run->is_dropped = true;
    }
  }
}

Status ModelRunner::KeepProfile(runtime::InferRequest* request) {
  if (!is_profiled_) return {};
  ASSIGN_OR_RETURN(last_profile_, request->Profile());
  has_profile_ = true;
  return {};
}

Result<std::vector<runtime::LayerProfile>> ModelRunner::Profile() {
  // Runs that were accepted before a release still settle, and are asked for their profile then.
  if (env_data_ == nullptr || slots_.empty()) return Disposed();
  if (!has_profile_) {
    return Status(Code::kInvalidArgument,
                  "expected a finished run of a profiled model before its profile is read");
  }
  return last_profile_;
}

Status ModelRunner::Release(uint32_t ticket) {
  if (!is_open()) return Disposed();
  release_ticket_ = ticket;
  env_data_->BeginPending();
  FreeIfDone();
  return {};
}

void ModelRunner::FreeIfDone() {
  if (!release_ticket_.has_value() || !queue_.empty() || idle_.size() != slots_.size() ||
      slots_.empty()) {
    return;
  }
  // Freeing a large model takes milliseconds: not on this thread. The shared holder makes the
  // function copyable.
  struct Holder {
    std::vector<Slot> slots;
    std::shared_ptr<runtime::CompiledModel> model;
  };
  auto holder = std::make_shared<Holder>();
  holder->slots = std::move(slots_);
  holder->model = std::move(model_);
  slots_.clear();
  idle_.clear();
  env_data_->RunInBackground(
      [holder] {
        holder->slots.clear();
        holder->model.reset();
      },
      [data = env_data_, ticket = *release_ticket_] {
        data->EndPending();
        data->Settle(ticket, nullptr, nullptr, 0);
      });
}

void ModelRunner::Stop() {
  queue_.clear();
  // A slot with a run holds the runner: without this neither would ever be freed. Freed at the end
  // of the function.
  std::vector<std::shared_ptr<ModelRunner>> selves;
  for (Slot& slot : slots_) {
    if (!slot.run.has_value()) continue;
    // Nothing runs on these requests afterwards: here it may be left in disorder.
    slot.request->Cancel();
    // How it ended no longer interests anyone; that it has ended does.
    static_cast<void>(slot.request->Wait().ok());
    slot.run.reset();
    selves.push_back(std::move(slot.self));
  }
  // Only here: the runs that were waited for have posted their end.
  env_data_ = nullptr;
}

}  // namespace enginery::addon
