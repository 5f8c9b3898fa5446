#include "openvino/infer_request.h"

#include <openvino/c/openvino.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/api.h"
#include "openvino/handle.h"
#include "openvino/tensor.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::openvino {
namespace {

using runtime::LayerProfile;

LayerProfile::State StateFrom(ov_profiling_info_t::Status status) {
  switch (status) {
    case ov_profiling_info_t::NOT_RUN:
      return LayerProfile::State::kNotRun;
    case ov_profiling_info_t::OPTIMIZED_OUT:
      return LayerProfile::State::kOptimizedOut;
    case ov_profiling_info_t::EXECUTED:
      return LayerProfile::State::kExecuted;
  }
  return LayerProfile::State::kNotRun;
}

}  // namespace

InferRequest::InferRequest(RequestHandle handle,
                           std::shared_ptr<const runtime::CompiledModel> owner)
    : owner_(std::move(owner)),
      inputs_(owner_->inputs().size()),
      outputs_(owner_->outputs().size()),
      handle_(std::move(handle)) {}

Result<std::unique_ptr<runtime::InferRequest>> InferRequest::Create(
    RequestHandle handle, std::shared_ptr<const runtime::CompiledModel> owner) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): private constructor
  std::unique_ptr<InferRequest> request(new InferRequest(std::move(handle), std::move(owner)));
  const Api& api = TheApi();
  RETURN_IF_ERROR(Call(Code::kInternal, "could not set a request's callback",
                       api.infer_request_set_callback, request->handle_.get(),
                       &request->callback_));
  for (size_t i = 0; i < request->inputs_.size(); ++i) {
    if (!request->owner_->inputs()[i].shape.is_static()) continue;
    ov_tensor_t* raw = nullptr;
    RETURN_IF_ERROR(Call(Code::kInternal, "could not get an input tensor",
                         api.infer_request_get_input_tensor_by_index, request->handle_.get(), i,
                         &raw));
    ASSIGN_OR_RETURN(request->inputs_[i].own, Tensor::Adopt(TensorHandle(raw)));
    request->inputs_[i].bound = request->inputs_[i].own;
  }
  for (size_t i = 0; i < request->outputs_.size(); ++i) {
    ov_tensor_t* raw = nullptr;
    RETURN_IF_ERROR(Call(Code::kInternal, "could not get an output tensor",
                         api.infer_request_get_output_tensor_by_index, request->handle_.get(), i,
                         &raw));
    ASSIGN_OR_RETURN(request->outputs_[i].own, Tensor::Adopt(TensorHandle(raw)));
    request->outputs_[i].bound = request->outputs_[i].own;
  }
  return std::unique_ptr<runtime::InferRequest>(std::move(request));
}

Result<std::shared_ptr<runtime::Tensor>> InferRequest::OwnInput(size_t index, const Shape& shape) {
  Slot& slot = inputs_[index];
  if (slot.own == nullptr || slot.own->shape() != shape) {
    ASSIGN_OR_RETURN(slot.own, Tensor::Create(owner_->inputs()[index].dtype, shape));
  }
  std::shared_ptr<runtime::Tensor> own = slot.own;
  RETURN_IF_ERROR(BindInput(index, own));
  return own;
}

Status InferRequest::BindInput(size_t index, std::shared_ptr<runtime::Tensor> tensor) {
  Slot& slot = inputs_[index];
  if (slot.bound == tensor) return {};
  // Every tensor that reaches this room was made by it (CompiledModel::CreateTensor, WrapMemory,
  // OwnInput).
  const auto& ours = static_cast<const Tensor&>(*tensor);
  RETURN_IF_ERROR(Call(Code::kInvalidArgument, "could not set an input",
                       TheApi().infer_request_set_input_tensor_by_index, handle_.get(), index,
                       ours.handle()));
  slot.bound = std::move(tensor);
  return {};
}

Status InferRequest::BindOutput(size_t index, std::shared_ptr<runtime::Tensor> tensor) {
  Slot& slot = outputs_[index];
  if (tensor == nullptr) tensor = slot.own;
  if (slot.bound == tensor) return {};
  const auto& ours = static_cast<const Tensor&>(*tensor);
  RETURN_IF_ERROR(Call(Code::kInvalidArgument, "could not set an output",
                       TheApi().infer_request_set_output_tensor_by_index, handle_.get(), index,
                       ours.handle()));
  slot.bound = std::move(tensor);
  return {};
}

void InferRequest::OnDone(void* self) {
  auto* request = static_cast<InferRequest*>(self);
  request->done_();
}

Status InferRequest::Start(std::function<void()> done) {
  done_ = std::move(done);
  return Call(Code::kInferenceFailed, "could not start a run", TheApi().infer_request_start_async,
              handle_.get());
}

Status InferRequest::Wait() {
  return CallLong(Code::kInferenceFailed, "the run failed", TheApi().infer_request_wait,
                  handle_.get());
}

Status InferRequest::Infer() {
  return CallLong(Code::kInferenceFailed, "the run failed", TheApi().infer_request_infer,
                  handle_.get());
}

void InferRequest::Cancel() {
  // A run that has already ended cannot be cancelled, and that is no failure.
  const ov_status_e ignored = TheApi().infer_request_cancel(handle_.get());
  static_cast<void>(ignored);
}

Result<std::shared_ptr<runtime::Tensor>> InferRequest::Output(size_t index) {
  if (owner_->outputs()[index].shape.is_static()) return outputs_[index].bound;
  ov_tensor_t* raw = nullptr;
  RETURN_IF_ERROR(Call(Code::kInferenceFailed, "could not get an output",
                       TheApi().infer_request_get_output_tensor_by_index, handle_.get(), index,
                       &raw));
  ASSIGN_OR_RETURN(std::shared_ptr<Tensor> tensor, Tensor::Adopt(TensorHandle(raw)));
  return std::shared_ptr<runtime::Tensor>(std::move(tensor));
}

Result<std::vector<LayerProfile>> InferRequest::Profile() {
  const Api& api = TheApi();
  ov_profiling_info_list_t list{nullptr, 0};
  RETURN_IF_ERROR(Call(Code::kInferenceFailed, "could not read the layers' times",
                       api.infer_request_get_profiling_info, handle_.get(), &list));
  std::vector<LayerProfile> layers;
  layers.reserve(list.size);
  for (size_t i = 0; i < list.size; ++i) {
    const ov_profiling_info_t& info = list.profiling_infos[i];
    layers.push_back(
        {info.node_name, info.node_type, info.exec_type, StateFrom(info.status), info.real_time});
  }
  api.profiling_info_list_free(&list);
  return layers;
}

}  // namespace enginery::openvino
