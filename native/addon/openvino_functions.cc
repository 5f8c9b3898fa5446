#include "addon/openvino_functions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/args.h"
#include "addon/background.h"
#include "addon/env_data.h"
#include "addon/handle.h"
#include "addon/model_runner.h"
#include "addon/napi_config.h"
#include "base/dtype.h"
#include "base/result.h"
#include "base/shape.h"
#include "base/status.h"
#include "openvino/core.h"
#include "runtime/backend.h"
#include "runtime/compiled_model.h"
#include "runtime/infer_request.h"

namespace enginery::addon {
namespace {

using runtime::Backend;
using runtime::CompileRequest;
using runtime::Port;

struct Compiled {
  std::shared_ptr<runtime::CompiledModel> model;
  std::vector<std::unique_ptr<runtime::InferRequest>> requests;
};

void OpenFunction(const Napi::CallbackInfo& info) {
  const uint32_t ticket = RequireTicket(info[0]);
  std::string path = RequireString(info[1], "libraryPath");
  const Napi::Array list = RequireArray(info[2], "preload");
  std::vector<std::string> preload;
  preload.reserve(list.Length());
  for (uint32_t i = 0; i < list.Length(); ++i) {
    preload.push_back(RequireString(list.Get(i), "preload"));
  }
  Answer<Backend*>(
      info.Env(), ticket,
      [path = std::move(path), preload = std::move(preload)] {
        return openvino::Open(path, preload);
      },
      [](Napi::Env env, Backend*& backend) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("version", backend->version());
        result.Set("path", backend->library_path());
        return result;
      });
}

void DevicesFunction(const Napi::CallbackInfo& info) {
  const uint32_t ticket = RequireTicket(info[0]);
  Answer<std::vector<runtime::Device>>(
      info.Env(), ticket,
      []() -> Result<std::vector<runtime::Device>> {
        ASSIGN_OR_RETURN(Backend * backend, openvino::Opened());
        return backend->Devices();
      },
      [](Napi::Env env, std::vector<runtime::Device>& devices) -> Napi::Value {
        Napi::Array result = Napi::Array::New(env, devices.size());
        for (uint32_t i = 0; i < devices.size(); ++i) {
          Napi::Object device = Napi::Object::New(env);
          device.Set("name", devices[i].name);
          device.Set("description", devices[i].description);
          result.Set(i, device);
        }
        return result;
      });
}

void PropertyFunction(const Napi::CallbackInfo& info) {
  const uint32_t ticket = RequireTicket(info[0]);
  std::string device = RequireString(info[1], "device");
  std::string key = RequireString(info[2], "key");
  Answer<std::string>(
      info.Env(), ticket,
      [device = std::move(device), key = std::move(key)]() -> Result<std::string> {
        ASSIGN_OR_RETURN(Backend * backend, openvino::Opened());
        return backend->Property(device, key);
      },
      [](Napi::Env env, std::string& value) -> Napi::Value {
        return Napi::String::New(env, value);
      });
}

// The bytes of a Uint8Array that TypeScript made for us: nobody else holds it, so that the
// compiling thread may read it while `keep` keeps it alive.
runtime::Bytes BytesFrom(const Napi::Value& value, const char* name, Napi::ObjectReference* keep) {
  if (value.IsUndefined()) return {};
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    ThrowExpected(value.Env(), "a Uint8Array", name);
  }
  const auto array = value.As<Napi::Uint8Array>();
  *keep = Napi::Persistent<Napi::Object>(array);
  return {reinterpret_cast<const char*>(array.Data()), array.ByteLength()};
}

std::vector<DimRange> RangesFrom(const Napi::Value& value) {
  const Napi::Array list = RequireArray(value, "shapes");
  std::vector<DimRange> ranges;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Array pair = RequireArray(list.Get(i), "shapes");
    DimRange range;
    range.min = RequireInteger(pair.Get(0U), "shapes", 0);
    const Napi::Value max = pair.Get(1U);
    range.max = max.IsNull() ? kUnbounded : RequireInteger(max, "shapes", range.min);
    ranges.push_back(range);
  }
  return ranges;
}

struct KeptBytes {
  Napi::ObjectReference model;
  Napi::ObjectReference weights;
};

CompileRequest RequestFrom(const Napi::Object& object, KeptBytes* kept) {
  CompileRequest request;
  const Napi::Value path = object.Get("path");
  if (!path.IsUndefined()) request.model_path = RequireString(path, "path");
  request.device = RequireString(object.Get("device"), "device");
  const Napi::Object properties = RequireObject(object.Get("properties"), "properties");
  const Napi::Array keys = properties.GetPropertyNames();
  for (uint32_t i = 0; i < keys.Length(); ++i) {
    const std::string key = RequireString(keys.Get(i), "property");
    request.properties[key] = RequireString(properties.Get(key), key.c_str());
  }
  const Napi::Object shapes = RequireObject(object.Get("shapes"), "shapes");
  const Napi::Array names = shapes.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = RequireString(names.Get(i), "shapes");
    request.shapes[name] = RangesFrom(shapes.Get(name));
  }
  // Last: no getter runs between this and the copy of the pointers.
  request.model = BytesFrom(object.Get("bytes"), "bytes", &kept->model);
  request.weights = BytesFrom(object.Get("weights"), "weights", &kept->weights);
  if (request.model_path.empty() && request.model.length == 0) {
    ThrowExpected(object.Env(), "a path or bytes", "the model");
  }
  return request;
}

// As many requests as asked for; by default twice what the device finds optimal, since exactly that
// many cost up to 13 % of throughput (openvino.md, 3.2).
Result<size_t> RequestCount(const runtime::CompiledModel& model, size_t wanted) {
  if (wanted != 0) return wanted;
  ASSIGN_OR_RETURN(const std::string optimal, model.Property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"));
  constexpr size_t kMost = 256;
  size_t count = 0;
  for (const char digit : optimal) {
    if (digit >= '0' && digit <= '9' && count < kMost) {
      count = count * 10 + static_cast<size_t>(digit - '0');
    }
  }
  return std::clamp<size_t>(2 * count, 2, kMost);
}

Result<Compiled> Compile(const CompileRequest& request, size_t wanted) {
  ASSIGN_OR_RETURN(Backend * backend, openvino::Opened());
  Compiled compiled;
  ASSIGN_OR_RETURN(compiled.model, backend->Compile(request));
  ASSIGN_OR_RETURN(const size_t count, RequestCount(*compiled.model, wanted));
  for (size_t i = 0; i < count; ++i) {
    std::unique_ptr<runtime::InferRequest> one;
    ASSIGN_OR_RETURN(one, compiled.model->CreateRequest());
    compiled.requests.push_back(std::move(one));
  }
  return compiled;
}

// [{name, type, isStatic, shape}]: shape holds [min, max] pairs, max null without a limit; null
// without a rank.
Napi::Value ArrayFromPorts(Napi::Env env, const std::vector<Port>& ports) {
  Napi::Array result = Napi::Array::New(env, ports.size());
  for (uint32_t i = 0; i < ports.size(); ++i) {
    const Port& port = ports[i];
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", port.name);
    object.Set("type", std::string(InfoOf(port.dtype).name));
    object.Set("isStatic", port.shape.is_static());
    if (!port.shape.has_rank) {
      object.Set("shape", env.Null());
    } else {
      Napi::Array shape = Napi::Array::New(env, port.shape.dims.size());
      for (uint32_t d = 0; d < port.shape.dims.size(); ++d) {
        const DimRange& dim = port.shape.dims[d];
        Napi::Array pair = Napi::Array::New(env, 2);
        pair.Set(0U, Napi::Number::New(env, static_cast<double>(dim.min)));
        pair.Set(1U, dim.max == kUnbounded
                         ? env.Null()
                         : Napi::Value(Napi::Number::New(env, static_cast<double>(dim.max))));
        shape.Set(d, pair);
      }
      object.Set("shape", shape);
    }
    result.Set(i, object);
  }
  return result;
}

void CompileFunction(const Napi::CallbackInfo& info) {
  const uint32_t ticket = RequireTicket(info[0]);
  const Napi::Object object = RequireObject(info[1], "request");
  auto kept = std::make_shared<KeptBytes>();
  CompileRequest request = RequestFrom(object, kept.get());
  constexpr int64_t kMostRequests = 1024;
  const int64_t wanted = RequireInteger(object.Get("requests"), "requests", 0);
  if (wanted > kMostRequests) ThrowExpected(info.Env(), "at most 1024", "requests");
  const auto perf_count = request.properties.find("PERF_COUNT");
  const bool is_profiled = perf_count != request.properties.end() && perf_count->second == "YES";
  Answer<Compiled>(
      info.Env(), ticket,
      [request = std::move(request), wanted] {
        return Compile(request, static_cast<size_t>(wanted));
      },
      // `kept` goes with this function, which JavaScript's thread destroys.
      [kept, is_profiled](Napi::Env env, Compiled& compiled) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("inputs", ArrayFromPorts(env, compiled.model->inputs()));
        result.Set("outputs", ArrayFromPorts(env, compiled.model->outputs()));
        result.Set("requests",
                   Napi::Number::New(env, static_cast<double>(compiled.requests.size())));
        result.Set("handle", HandleFrom(env, std::make_shared<ModelRunner>(
                                                 &EnvData::Of(env), std::move(compiled.model),
                                                 std::move(compiled.requests), is_profiled)));
        return result;
      });
}

}  // namespace

void ExportOpenVinoFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("openvinoOpen", Napi::Function::New(env, OpenFunction, "openvinoOpen"));
  exports.Set("openvinoDevices", Napi::Function::New(env, DevicesFunction, "openvinoDevices"));
  exports.Set("openvinoProperty", Napi::Function::New(env, PropertyFunction, "openvinoProperty"));
  exports.Set("openvinoCompile", Napi::Function::New(env, CompileFunction, "openvinoCompile"));
}

}  // namespace enginery::addon
