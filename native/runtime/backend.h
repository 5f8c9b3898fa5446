// A runtime on this machine: what it is, what devices it has, and how it compiles a model.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/shape.h"
#include "runtime/compiled_model.h"

namespace enginery::runtime {

struct Device {
  std::string name;
  std::string description;
};

// Bytes that someone else owns and keeps unchanged while a Compile reads them.
struct Bytes {
  const char* data = nullptr;
  size_t length = 0;
};

// What to compile and for what. Plain values: it travels to the compiling thread.
struct CompileRequest {
  // A path, or bytes where `model_path` is empty.
  std::string model_path;
  Bytes model;
  // The weights of an OpenVINO IR given as bytes.
  Bytes weights;
  std::string device;
  std::map<std::string, std::string> properties;
  // By input name: sizes to fix or bound before compiling.
  std::map<std::string, std::vector<DimRange>> shapes;
};

// Thread: safe from any. Lives as long as the process.
class Backend {
 public:
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] virtual const std::string& version() const = 0;
  [[nodiscard]] virtual const std::string& library_path() const = 0;
  virtual Result<std::vector<Device>> Devices() = 0;
  virtual Result<std::string> Property(const std::string& device, const std::string& key) = 0;
  virtual Result<std::shared_ptr<CompiledModel>> Compile(const CompileRequest& request) = 0;

 protected:
  Backend() = default;
};

}  // namespace enginery::runtime
