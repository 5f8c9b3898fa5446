#include "openvino/properties.h"

#include <openvino/c/openvino.h>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/status.h"
#include "openvino/api.h"
#include "openvino/handle.h"

namespace enginery::openvino {
namespace {

template <size_t... I>
ov_status_e CompileVariadic(const ov_core_t* core, const ov_model_t* model, const char* device,
                            size_t count, ov_compiled_model_t** compiled,
                            const std::array<const char*, 2 * kMaxProperties>& arguments,
                            std::index_sequence<I...> /*indices*/) {
  return TheApi().core_compile_model(core, model, device, count, compiled, arguments[I]...);
}

}  // namespace

Result<ov_compiled_model_t*> CompileWithProperties(
    const ov_core_t* core, const ov_model_t* model, const std::string& device,
    const std::map<std::string, std::string>& properties) {
  if (properties.size() > kMaxProperties) {
    return Status(Code::kInvalidArgument, "expected at most " + std::to_string(kMaxProperties) +
                                              " OpenVINO properties, got " +
                                              std::to_string(properties.size()));
  }
  std::array<const char*, 2 * kMaxProperties> arguments{};
  size_t count = 0;
  for (const auto& [key, value] : properties) {
    arguments[count++] = key.c_str();
    arguments[count++] = value.c_str();
  }
  ov_compiled_model_t* compiled = nullptr;
  const auto compile = [&] {
    return CompileVariadic(core, model, device.c_str(), count, &compiled, arguments,
                           std::make_index_sequence<2 * kMaxProperties>());
  };
  RETURN_IF_ERROR(
      CallLong(Code::kModelUnsupported, "OpenVINO could not compile the model", compile));
  return compiled;
}

Result<std::string> CompiledProperty(const ov_compiled_model_t* model, const std::string& key) {
  char* value = nullptr;
  const std::string what = "could not read the property " + key;
  RETURN_IF_ERROR(Call(Code::kInvalidArgument, what.c_str(), TheApi().compiled_model_get_property,
                       model, key.c_str(), &value));
  return TakeString(value);
}

Result<std::string> DeviceProperty(const ov_core_t* core, const std::string& device,
                                   const std::string& key) {
  char* value = nullptr;
  const std::string what = "could not read the property " + key + " of device " + device;
  // Long: the first question to a device loads its plugin.
  RETURN_IF_ERROR(CallLong(Code::kDeviceUnavailable, what.c_str(), TheApi().core_get_property, core,
                           device.c_str(), key.c_str(), &value));
  return TakeString(value);
}

}  // namespace enginery::openvino
