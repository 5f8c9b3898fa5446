// An infer request of OpenVINO as a runtime::InferRequest.
#pragma once

#include <openvino/c/openvino.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/handle.h"
#include "openvino/tensor.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"

namespace enginery::openvino {

class InferRequest : public runtime::InferRequest {
 public:
  // `owner` is kept alive by the request.
  static Result<std::unique_ptr<runtime::InferRequest>> Create(
      RequestHandle handle, std::shared_ptr<const runtime::CompiledModel> owner);

  Result<std::shared_ptr<runtime::Tensor>> OwnInput(size_t index, const Shape& shape) override;
  Status BindInput(size_t index, std::shared_ptr<runtime::Tensor> tensor) override;
  Status BindOutput(size_t index, std::shared_ptr<runtime::Tensor> tensor) override;
  Status Start(std::function<void()> done) override;
  Status Wait() override;
  Status Infer() override;
  void Cancel() override;
  Result<std::shared_ptr<runtime::Tensor>> Output(size_t index) override;
  Result<std::vector<runtime::LayerProfile>> Profile() override;

 private:
  // A bound output stays bound (openvino.md, trap 4): each slot keeps the request's own tensor from
  // the beginning, to set it back before a run that wants no other.
  struct Slot {
    std::shared_ptr<Tensor> own;
    std::shared_ptr<runtime::Tensor> bound;
  };

  InferRequest(RequestHandle handle, std::shared_ptr<const runtime::CompiledModel> owner);
  static void OnDone(void* self);

  std::shared_ptr<const runtime::CompiledModel> owner_;
  std::vector<Slot> inputs_;
  std::vector<Slot> outputs_;
  std::function<void()> done_;
  // OpenVINO keeps the pointer to this struct (trap 6).
  ov_callback_t callback_{&InferRequest::OnDone, this};
  // Last member: destroyed first, so that no callback can come later.
  RequestHandle handle_;
};

}  // namespace enginery::openvino
