// One run in flight: tensors bound to ports, started, waited for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "runtime/tensor.h"

namespace enginery::runtime {

// What one layer cost in the last run of a request that profiles.
struct LayerProfile {
  enum class State { kNotRun, kOptimizedOut, kExecuted };
  std::string name;
  std::string type;
  std::string kernel;
  State state = State::kNotRun;
  int64_t microseconds = 0;
};

// Thread: every method on one thread (JavaScript's), except that Cancel may come from any. Bound
// tensors are kept alive by the request until another one takes their place.
class InferRequest {
 public:
  virtual ~InferRequest() = default;
  InferRequest(const InferRequest&) = delete;
  InferRequest& operator=(const InferRequest&) = delete;

  // The request's own memory for an input of this shape, bound to it.
  virtual Result<std::shared_ptr<Tensor>> OwnInput(size_t index, const Shape& shape) = 0;
  virtual Status BindInput(size_t index, std::shared_ptr<Tensor> tensor) = 0;
  // Null binds the request's own memory again.
  virtual Status BindOutput(size_t index, std::shared_ptr<Tensor> tensor) = 0;

  // Starts; `done` is called once on a thread of the runtime, when Wait would return at once or
  // nearly so.
  virtual Status Start(std::function<void()> done) = 0;
  // Blocks until the started run has ended and tells how.
  virtual Status Wait() = 0;
  // Runs on the calling thread.
  virtual Status Infer() = 0;
  virtual void Cancel() = 0;

  // After a successful run. Valid until the next run or binding of this request.
  virtual Result<std::shared_ptr<Tensor>> Output(size_t index) = 0;
  virtual Result<std::vector<LayerProfile>> Profile() = 0;

 protected:
  InferRequest() = default;
};

}  // namespace enginery::runtime
