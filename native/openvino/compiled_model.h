// A compiled model of OpenVINO as a runtime::CompiledModel.
#pragma once

#include <openvino/c/openvino.h>

#include <memory>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "openvino/handle.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::openvino {

class CompiledModel : public runtime::CompiledModel,
                      public std::enable_shared_from_this<CompiledModel> {
 public:
  // MODEL_UNSUPPORTED when a port has a type that onnxruntime-common has no name for.
  static Result<std::shared_ptr<runtime::CompiledModel>> Create(CompiledModelHandle handle,
                                                                bool narrows_integers,
                                                                bool survives_cancel);

  [[nodiscard]] const std::vector<runtime::Port>& inputs() const override { return inputs_; }
  [[nodiscard]] const std::vector<runtime::Port>& outputs() const override { return outputs_; }
  [[nodiscard]] bool narrows_integers() const override { return narrows_integers_; }
  [[nodiscard]] bool survives_cancel() const override { return survives_cancel_; }
  [[nodiscard]] Result<std::string> Property(const std::string& key) const override;
  Result<std::unique_ptr<runtime::InferRequest>> CreateRequest() override;
  Result<std::shared_ptr<runtime::Tensor>> CreateTensor(DType dtype, const Shape& shape) override;
  Result<std::shared_ptr<runtime::Tensor>> WrapMemory(DType dtype, const Shape& shape,
                                                      void* data) override;

 private:
  CompiledModel() = default;

  CompiledModelHandle handle_;
  std::vector<runtime::Port> inputs_;
  std::vector<runtime::Port> outputs_;
  bool narrows_integers_ = false;
  bool survives_cancel_ = false;
};

}  // namespace enginery::openvino
