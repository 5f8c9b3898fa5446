#include "openvino/core.h"

#include <openvino/c/openvino.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/dtype.h"
#include "base/dynamic_library.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/api.h"
#include "openvino/compiled_model.h"
#include "openvino/element_type.h"
#include "openvino/handle.h"
#include "openvino/properties.h"
#include "runtime/backend.h"
#include "runtime/compiled_model.h"

namespace enginery::openvino {
namespace {

constexpr int kMinYear = 2025;
constexpr int kMinRelease = 2;

// The process's one Core and its lock.
struct CoreHolder {
  std::mutex mutex;
  runtime::Backend* backend = nullptr;  // guarded by mutex
};

CoreHolder& TheCore() {
  static CoreHolder holder;
  return holder;
}

// The Core lives until the process ends: destroying it in a static destructor would race its own
// threads.
class Core : public runtime::Backend {
 public:
  Core(ov_core_t* core, std::string version, std::string library_path)
      : core_(core), version_(std::move(version)), library_path_(std::move(library_path)) {}

  [[nodiscard]] const std::string& version() const override { return version_; }
  [[nodiscard]] const std::string& library_path() const override { return library_path_; }
  Result<std::vector<runtime::Device>> Devices() override;
  Result<std::string> Property(const std::string& device, const std::string& key) override {
    return DeviceProperty(core_, device, key);
  }
  Result<std::shared_ptr<runtime::CompiledModel>> Compile(
      const runtime::CompileRequest& request) override;

 private:
  [[nodiscard]] Result<ModelHandle> Read(const runtime::CompileRequest& request) const;

  ov_core_t* core_;
  std::string version_;
  std::string library_path_;
};

Result<std::vector<runtime::Device>> Core::Devices() {
  const Api& api = TheApi();
  ov_available_devices_t list{nullptr, 0};
  RETURN_IF_ERROR(CallLong(Code::kDeviceUnavailable, "could not list OpenVINO's devices",
                           api.core_get_available_devices, core_, &list));
  std::vector<runtime::Device> devices;
  for (size_t i = 0; i < list.size; ++i) {
    const std::string name = list.devices[i];
    const Result<std::string> full_name = Property(name, "FULL_DEVICE_NAME");
    devices.push_back({name, full_name.ok() ? full_name.value() : name});
  }
  api.available_devices_free(&list);
  return devices;
}

Result<ModelHandle> Core::Read(const runtime::CompileRequest& request) const {
  const Api& api = TheApi();
  ov_model_t* raw = nullptr;
  constexpr const char* kWhat = "OpenVINO could not read the model";
  if (!request.model_path.empty()) {
    RETURN_IF_ERROR(CallLong(Code::kModelUnsupported, kWhat, api.core_read_model, core_,
                             request.model_path.c_str(), nullptr, &raw));
    return ModelHandle(raw);
  }
  TensorHandle weights;
  if (request.weights.length != 0) {
    ShapeHandle shape;
    RETURN_IF_ERROR(shape.Set({static_cast<int64_t>(request.weights.length)}));
    ov_tensor_t* tensor = nullptr;
    // The C API has no const view; OpenVINO copies an IR's weights while reading.
    RETURN_IF_ERROR(Call(Code::kInternal, "could not wrap the weights",
                         api.tensor_create_from_host_ptr, ElementTypeFromDType(DType::kUint8),
                         *shape.get(), const_cast<char*>(request.weights.data), &tensor));
    weights.reset(tensor);
  }
  RETURN_IF_ERROR(CallLong(Code::kModelUnsupported, kWhat, api.core_read_model_from_memory_buffer,
                           core_, request.model.data, request.model.length, weights.get(), &raw));
  return ModelHandle(raw);
}

// Fixes or bounds the sizes of inputs.
Status Reshape(const ov_model_t* model,
               const std::map<std::string, std::vector<DimRange>>& shapes) {
  if (shapes.empty()) return {};
  const Api& api = TheApi();
  std::vector<const char*> names;
  std::vector<ov_partial_shape_t> partial_shapes;
  Status status;
  for (const auto& [name, ranges] : shapes) {
    std::vector<ov_dimension_t> dims;
    dims.reserve(ranges.size());
    for (const DimRange& range : ranges) {
      // kUnbounded is OpenVINO's own value for it: -1 is refused beside a minimum (2026.4.1).
      dims.push_back({range.min, range.max});
    }
    ov_partial_shape_t shape{};
    status = Call(Code::kInternal, "could not make a shape", api.partial_shape_create,
                  static_cast<int64_t>(dims.size()), dims.data(), &shape);
    if (!status.ok()) break;
    names.push_back(name.c_str());
    partial_shapes.push_back(shape);
  }
  if (status.ok()) {
    status = CallLong(Code::kInvalidArgument, "the model does not take these shapes",
                      api.model_reshape, model, names.data(), partial_shapes.data(), names.size());
  }
  for (ov_partial_shape_t& shape : partial_shapes) api.partial_shape_free(&shape);
  return status;
}

Result<std::shared_ptr<runtime::CompiledModel>> Core::Compile(
    const runtime::CompileRequest& request) {
  ASSIGN_OR_RETURN(const ModelHandle model, Read(request));
  RETURN_IF_ERROR(Reshape(model.get(), request.shapes));
  ASSIGN_OR_RETURN(ov_compiled_model_t * compiled,
                   CompileWithProperties(core_, model.get(), request.device, request.properties));
  // The CPU plugin computes 64-bit integers in 32 bits (openvino.md, trap 11); AUTO and HETERO may
  // choose it.
  const bool narrows_integers = request.device.find("GPU") == std::string::npos;
  // A cancelled run of a model with dynamic shapes, inner ones too, leaves the CPU plugin in
  // disorder (2026.4.1, the C API alone): one of 1000 later runs, on the same request or on others,
  // ends well with outputs that are old or never written. Static models: none of 68,000.
  const bool survives_cancel = !TheApi().model_is_dynamic(model.get());
  return CompiledModel::Create(CompiledModelHandle(compiled), narrows_integers, survives_cancel);
}

Result<std::string> SupportedVersion(const std::string& library_path) {
  const Api& api = TheApi();
  ov_version_t version{};
  RETURN_IF_ERROR(Call(Code::kRuntimeVersion, "could not read OpenVINO's version",
                       api.get_openvino_version, &version));
  const std::string number = version.buildNumber == nullptr ? "" : version.buildNumber;
  api.version_free(&version);
  // "2026.4.1-..."; a text without numbers leaves zeros, which the check below refuses.
  char* rest = nullptr;
  const auto year = std::strtol(number.c_str(), &rest, 10);
  const auto release = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  if (year < kMinYear || (year == kMinYear && release < kMinRelease)) {
    return Status(Code::kRuntimeVersion,
                  "expected OpenVINO 2025.2 or later, found " + number + " in " + library_path);
  }
  return number;
}

Result<runtime::Backend*> OpenOnce(const std::string& library_path,
                                   const std::vector<std::string>& preload) {
  for (const std::string& path : preload) {
    // A failure here shows as the failure of the library that needs it, with the loader's words.
    static_cast<void>(DynamicLibrary::Open(path).ok());
  }
  RETURN_IF_ERROR(OpenApi(library_path));
  const Api& api = TheApi();
  ASSIGN_OR_RETURN(std::string version, SupportedVersion(library_path));
  RETURN_IF_ERROR(ProbeElementTypes());
  ov_core_t* core = nullptr;
  RETURN_IF_ERROR(
      CallLong(Code::kRuntimeNotFound, "OpenVINO did not start", api.core_create, &core));
  // dlsym gives functions as object pointers; the way back is what dladdr wants.
  const std::string mapped = DynamicLibrary::PathOf(reinterpret_cast<const void*>(api.core_create));
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): lives until the process ends, see Core
  return new Core(core, std::move(version), mapped.empty() ? library_path : mapped);
}

}  // namespace

Result<runtime::Backend*> Open(const std::string& library_path,
                               const std::vector<std::string>& preload) {
  const std::lock_guard<std::mutex> lock(TheCore().mutex);
  if (TheCore().backend == nullptr) {
    ASSIGN_OR_RETURN(TheCore().backend, OpenOnce(library_path, preload));
  }
  return TheCore().backend;
}

Result<runtime::Backend*> Opened() {
  const std::lock_guard<std::mutex> lock(TheCore().mutex);
  if (TheCore().backend == nullptr) {
    return Status(Code::kRuntimeNotFound, "expected OpenVINO to be opened first");
  }
  return TheCore().backend;
}

}  // namespace enginery::openvino
