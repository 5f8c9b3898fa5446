#include "openvino/api.h"

#include <openvino/c/openvino.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/dynamic_library.h"
#include "base/result.h"
#include "base/status.h"

namespace enginery::openvino {
namespace {

Api& MutableApi() {
  static Api api{};
  return api;
}

std::mutex& ErrorTextMutex() {
  static std::mutex mutex;
  return mutex;
}

// OpenVINO's messages open with lines of source positions ("Exception from src/...:131:", "Check
// '...' failed at src/...:"). They help its developers, not the user: what remains is the reason.
std::string CleanedText(std::string_view text) {
  std::string cleaned;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const bool is_position =
        line.substr(0, 14) == "Exception from" ||
        (line.substr(0, 6) == "Check " && line.find(" failed at ") != std::string_view::npos) ||
        line.empty();
    if (is_position) continue;
    if (!cleaned.empty()) cleaned += ' ';
    cleaned += line;
  }
  // A plugin's message may quote another one, with its position, in the middle of a line.
  constexpr std::string_view kQuoted = "Exception from src/";
  for (size_t at = cleaned.find(kQuoted); at != std::string::npos; at = cleaned.find(kQuoted)) {
    const size_t end = cleaned.find(": ", at);
    cleaned.erase(at, end == std::string::npos ? std::string::npos : end + 2 - at);
  }
  return cleaned;
}

}  // namespace

const Api& TheApi() { return MutableApi(); }

ErrorTextLock::ErrorTextLock() { ErrorTextMutex().lock(); }
ErrorTextLock::~ErrorTextLock() { ErrorTextMutex().unlock(); }

Status StatusFromCall(ov_status_e status, Code code, const char* what) {
  const Api& api = TheApi();
  if (status == ov_status_e::INFER_CANCELLED) return {Code::kCancelled, "the run was cancelled"};
  // Argument errors set no text; what is stored then belongs to an earlier failure.
  std::string text;
  if (status != ov_status_e::INVALID_C_PARAM) {
    const char* stored = api.get_last_err_msg();
    if (stored != nullptr) text = stored;
    api.free(stored);
  }
  if (text.empty()) {
    const char* info = api.get_error_info(status);
    text = info == nullptr ? "unknown error" : info;
  }
  std::string cleaned = CleanedText(text);
  if (cleaned.empty()) cleaned = text;
  return {code, std::string(what) + ": " + cleaned, std::move(text)};
}

Status OpenApi(const std::string& library_path) {
  ASSIGN_OR_RETURN(const DynamicLibrary library, DynamicLibrary::Open(library_path));
  Api api{};
  std::string missing;
  const auto find = [&](auto& function, const char* symbol) {
    void* address = library.Find(symbol);
    if (address == nullptr && missing.empty()) missing = symbol;
    // dlsym gives functions as object pointers; POSIX defines this conversion.
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(address);
  };
  find(api.get_openvino_version, "ov_get_openvino_version");
  find(api.version_free, "ov_version_free");
  find(api.get_last_err_msg, "ov_get_last_err_msg");
  find(api.get_error_info, "ov_get_error_info");
  find(api.free, "ov_free");
  find(api.core_create, "ov_core_create");
  find(api.core_read_model, "ov_core_read_model");
  find(api.core_read_model_from_memory_buffer, "ov_core_read_model_from_memory_buffer");
  find(api.core_compile_model, "ov_core_compile_model");
  find(api.core_get_property, "ov_core_get_property");
  find(api.core_get_available_devices, "ov_core_get_available_devices");
  find(api.available_devices_free, "ov_available_devices_free");
  find(api.model_free, "ov_model_free");
  find(api.model_is_dynamic, "ov_model_is_dynamic");
  find(api.model_reshape, "ov_model_reshape");
  find(api.partial_shape_create, "ov_partial_shape_create");
  find(api.partial_shape_free, "ov_partial_shape_free");
  find(api.rank_is_dynamic, "ov_rank_is_dynamic");
  find(api.compiled_model_free, "ov_compiled_model_free");
  find(api.compiled_model_inputs_size, "ov_compiled_model_inputs_size");
  find(api.compiled_model_input_by_index, "ov_compiled_model_input_by_index");
  find(api.compiled_model_outputs_size, "ov_compiled_model_outputs_size");
  find(api.compiled_model_output_by_index, "ov_compiled_model_output_by_index");
  find(api.compiled_model_get_property, "ov_compiled_model_get_property");
  find(api.compiled_model_create_infer_request, "ov_compiled_model_create_infer_request");
  find(api.output_const_port_free, "ov_output_const_port_free");
  find(api.port_get_any_name, "ov_port_get_any_name");
  find(api.port_get_partial_shape, "ov_port_get_partial_shape");
  find(api.port_get_element_type, "ov_port_get_element_type");
  find(api.infer_request_free, "ov_infer_request_free");
  find(api.infer_request_set_input_tensor_by_index, "ov_infer_request_set_input_tensor_by_index");
  find(api.infer_request_set_output_tensor_by_index, "ov_infer_request_set_output_tensor_by_index");
  find(api.infer_request_get_input_tensor_by_index, "ov_infer_request_get_input_tensor_by_index");
  find(api.infer_request_get_output_tensor_by_index, "ov_infer_request_get_output_tensor_by_index");
  find(api.infer_request_set_callback, "ov_infer_request_set_callback");
  find(api.infer_request_start_async, "ov_infer_request_start_async");
  find(api.infer_request_wait, "ov_infer_request_wait");
  find(api.infer_request_infer, "ov_infer_request_infer");
  find(api.infer_request_cancel, "ov_infer_request_cancel");
  find(api.infer_request_get_profiling_info, "ov_infer_request_get_profiling_info");
  find(api.profiling_info_list_free, "ov_profiling_info_list_free");
  find(api.shape_create, "ov_shape_create");
  find(api.shape_free, "ov_shape_free");
  find(api.tensor_create, "ov_tensor_create");
  find(api.tensor_create_from_host_ptr, "ov_tensor_create_from_host_ptr");
  find(api.tensor_get_shape, "ov_tensor_get_shape");
  find(api.tensor_get_element_type, "ov_tensor_get_element_type");
  find(api.tensor_get_byte_size, "ov_tensor_get_byte_size");
  find(api.tensor_data, "ov_tensor_data");
  find(api.tensor_free, "ov_tensor_free");
  if (!missing.empty()) {
    return {Code::kRuntimeSymbol, "expected an OpenVINO C library of 2025.2 or later, but " +
                                      library_path + " has no function " + missing};
  }
  MutableApi() = api;
  return {};
}

}  // namespace enginery::openvino
