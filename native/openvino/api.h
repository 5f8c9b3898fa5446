// The functions of OpenVINO's C API that we call, opened at run time, and the one way to call them.
#pragma once

#include <openvino/c/openvino.h>

#include <string>

#include "base/result.h"
#include "base/status.h"

namespace enginery::openvino {

// One pointer per function, of the type its header declares.
struct Api {
  decltype(&ov_get_openvino_version) get_openvino_version;
  decltype(&ov_version_free) version_free;
  decltype(&ov_get_last_err_msg) get_last_err_msg;
  decltype(&ov_get_error_info) get_error_info;
  decltype(&ov_free) free;

  decltype(&ov_core_create) core_create;
  decltype(&ov_core_read_model) core_read_model;
  decltype(&ov_core_read_model_from_memory_buffer) core_read_model_from_memory_buffer;
  decltype(&ov_core_compile_model) core_compile_model;
  decltype(&ov_core_get_property) core_get_property;
  decltype(&ov_core_get_available_devices) core_get_available_devices;
  decltype(&ov_available_devices_free) available_devices_free;

  decltype(&ov_model_free) model_free;
  decltype(&ov_model_is_dynamic) model_is_dynamic;
  decltype(&ov_model_reshape) model_reshape;
  decltype(&ov_partial_shape_create) partial_shape_create;
  decltype(&ov_partial_shape_free) partial_shape_free;
  decltype(&ov_rank_is_dynamic) rank_is_dynamic;

  decltype(&ov_compiled_model_free) compiled_model_free;
  decltype(&ov_compiled_model_inputs_size) compiled_model_inputs_size;
  decltype(&ov_compiled_model_input_by_index) compiled_model_input_by_index;
  decltype(&ov_compiled_model_outputs_size) compiled_model_outputs_size;
  decltype(&ov_compiled_model_output_by_index) compiled_model_output_by_index;
  decltype(&ov_compiled_model_get_property) compiled_model_get_property;
  decltype(&ov_compiled_model_create_infer_request) compiled_model_create_infer_request;

  decltype(&ov_output_const_port_free) output_const_port_free;
  decltype(&ov_port_get_any_name) port_get_any_name;
  decltype(&ov_port_get_partial_shape) port_get_partial_shape;
  decltype(&ov_port_get_element_type) port_get_element_type;

  decltype(&ov_infer_request_free) infer_request_free;
  decltype(&ov_infer_request_set_input_tensor_by_index) infer_request_set_input_tensor_by_index;
  decltype(&ov_infer_request_set_output_tensor_by_index) infer_request_set_output_tensor_by_index;
  decltype(&ov_infer_request_get_input_tensor_by_index) infer_request_get_input_tensor_by_index;
  decltype(&ov_infer_request_get_output_tensor_by_index) infer_request_get_output_tensor_by_index;
  decltype(&ov_infer_request_set_callback) infer_request_set_callback;
  decltype(&ov_infer_request_start_async) infer_request_start_async;
  decltype(&ov_infer_request_wait) infer_request_wait;
  decltype(&ov_infer_request_infer) infer_request_infer;
  decltype(&ov_infer_request_cancel) infer_request_cancel;
  decltype(&ov_infer_request_get_profiling_info) infer_request_get_profiling_info;
  decltype(&ov_profiling_info_list_free) profiling_info_list_free;

  decltype(&ov_shape_create) shape_create;
  decltype(&ov_shape_free) shape_free;
  decltype(&ov_tensor_create) tensor_create;
  decltype(&ov_tensor_create_from_host_ptr) tensor_create_from_host_ptr;
  decltype(&ov_tensor_get_shape) tensor_get_shape;
  decltype(&ov_tensor_get_element_type) tensor_get_element_type;
  decltype(&ov_tensor_get_byte_size) tensor_get_byte_size;
  decltype(&ov_tensor_data) tensor_data;
  decltype(&ov_tensor_free) tensor_free;
};

// The process's table. Only after OpenApi succeeded.
const Api& TheApi();

// Opens the library and fills the table. RUNTIME_NOT_FOUND, or RUNTIME_SYMBOL naming what is
// missing. Thread: the caller holds the lock of the one Core (core.cc).
Status OpenApi(const std::string& library_path);

// Turns a failed call into a Status: OpenVINO's last error text, cleaned of its source positions,
// with `code`. `status` -14 and others that set no text get the C API's own words.
Status StatusFromCall(ov_status_e status, Code code, const char* what);

// OpenVINO keeps one error text per process: short calls run under one lock with the reading of
// that text, so that the text is the call's own. Long calls (read, compile, infer, wait) must not
// hold a lock that the JavaScript thread takes: they use CallLong, where the text could be that of
// a call failing at the same moment.
class ErrorTextLock {
 public:
  ErrorTextLock();
  ~ErrorTextLock();
  ErrorTextLock(const ErrorTextLock&) = delete;
  ErrorTextLock& operator=(const ErrorTextLock&) = delete;
};

template <typename Function, typename... Arguments>
Status Call(Code code, const char* what, Function function, Arguments... arguments) {
  const ErrorTextLock lock;
  const ov_status_e status = function(arguments...);
  return status == ov_status_e::OK ? Status() : StatusFromCall(status, code, what);
}

template <typename Function, typename... Arguments>
Status CallLong(Code code, const char* what, Function function, Arguments... arguments) {
  const ov_status_e status = function(arguments...);
  if (status == ov_status_e::OK) return {};
  const ErrorTextLock lock;
  return StatusFromCall(status, code, what);
}

}  // namespace enginery::openvino
