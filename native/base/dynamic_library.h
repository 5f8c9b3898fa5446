// A shared library opened at run time; never closed, since runtimes keep threads and statics alive.
#pragma once

#include <dlfcn.h>

#include <string>

#include "base/result.h"
#include "base/status.h"

namespace enginery {

class DynamicLibrary {
 public:
  // RUNTIME_NOT_FOUND with the loader's own words when the library cannot be opened.
  static Result<DynamicLibrary> Open(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* reason = dlerror();
      return Status(Code::kRuntimeNotFound, reason == nullptr ? path : reason);
    }
    return DynamicLibrary(handle);
  }

  // Null when the library has no such symbol.
  [[nodiscard]] void* Find(const char* symbol) const { return dlsym(handle_, symbol); }

  // The file that the loader mapped for `address`; empty when it is not known.
  static std::string PathOf(const void* address) {
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
    return info.dli_fname;
  }

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}

  void* handle_;
};

}  // namespace enginery
