// The openvino room against the real library that scripts/deps.mjs brings.

#include "openvino/core.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "base/status.h"
#include "runtime/backend.h"
#include "runtime/infer_request.h"
#include "runtime/tensor.h"

namespace enginery::openvino {
namespace {

namespace fs = std::filesystem;

// The checkout's root, given by the build; the library has a versioned name.
std::string LibraryPath() {
  for (const auto& entry : fs::directory_iterator(ENGINERY_ROOT "/build/deps/openvino/libs")) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("libopenvino_c.so", 0) == 0) return entry.path().string();
  }
  return {};
}

runtime::Backend* TheBackend() {
  static runtime::Backend* backend = [] {
    Result<runtime::Backend*> opened = Open(LibraryPath(), {});
    return opened.ok() ? opened.value() : nullptr;
  }();
  return backend;
}

runtime::CompileRequest AddRequest() {
  runtime::CompileRequest request;
  request.model_path = ENGINERY_ROOT "/models/small/add.onnx";
  request.device = "CPU";
  request.properties = {{"INFERENCE_PRECISION_HINT", "f32"}, {"PERFORMANCE_HINT", "LATENCY"}};
  return request;
}

// Fills both inputs of the add model.
void Feed(runtime::InferRequest* request, float a, float b) {
  const float values[] = {a, b};
  for (size_t i = 0; i < 2; ++i) {
    auto input = request->OwnInput(i, {1, 16});
    ASSERT_TRUE(input.ok()) << input.status().message();
    for (size_t j = 0; j < 16; ++j) static_cast<float*>(input.value()->data())[j] = values[i];
  }
}

float First(const runtime::Tensor& tensor) { return *static_cast<const float*>(tensor.data()); }

class OpenVino : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(TheBackend(), nullptr) << "no OpenVINO in build/deps: node scripts/deps.mjs";
  }
};

TEST(OpenVinoLibrary, MissingFileIsNotFound) {
  // Before the real one is opened the path decides; afterwards the open Core is the answer.
  if (Opened().ok()) GTEST_SKIP() << "the process has a Core already";
  EXPECT_EQ(Open("/nowhere/libopenvino_c.so", {}).status().code(), Code::kRuntimeNotFound);
}

TEST(OpenVinoLibrary, AnotherLibraryLacksTheFunctions) {
  if (Opened().ok()) GTEST_SKIP() << "the process has a Core already";
  EXPECT_EQ(Open("libm.so.6", {}).status().code(), Code::kRuntimeSymbol);
}

TEST_F(OpenVino, TellsItsVersionAndPlace) {
  EXPECT_EQ(TheBackend()->version().substr(0, 2), "20");
  EXPECT_NE(TheBackend()->library_path().find("libopenvino_c.so"), std::string::npos);
}

TEST_F(OpenVino, ComputesOnTheCallingThread) {
  auto model = TheBackend()->Compile(AddRequest());
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto request = model.value()->CreateRequest();
  ASSERT_TRUE(request.ok());
  Feed(request.value().get(), 2, 3);
  ASSERT_TRUE(request.value()->Infer().ok());
  EXPECT_EQ(First(*request.value()->Output(0).value()), 5);
}

TEST_F(OpenVino, CallsBackFromItsOwnThread) {
  auto model = TheBackend()->Compile(AddRequest());
  ASSERT_TRUE(model.ok());
  auto request = model.value()->CreateRequest();
  ASSERT_TRUE(request.ok());
  Feed(request.value().get(), 4, 5);
  std::mutex mutex;
  std::condition_variable called;
  bool is_done = false;
  ASSERT_TRUE(request.value()
                  ->Start([&] {
                    const std::lock_guard<std::mutex> lock(mutex);
                    is_done = true;
                    called.notify_one();
                  })
                  .ok());
  std::unique_lock<std::mutex> lock(mutex);
  called.wait(lock, [&] { return is_done; });
  lock.unlock();
  ASSERT_TRUE(request.value()->Wait().ok());
  EXPECT_EQ(First(*request.value()->Output(0).value()), 9);
}

TEST_F(OpenVino, WritesIntoBoundMemoryAndComesBackToItsOwn) {
  auto model = TheBackend()->Compile(AddRequest());
  ASSERT_TRUE(model.ok());
  auto request = model.value()->CreateRequest();
  ASSERT_TRUE(request.ok());
  {
    std::vector<float> mine(16);
    auto bound = model.value()->WrapMemory(DType::kFloat32, {1, 16}, mine.data());
    ASSERT_TRUE(bound.ok());
    ASSERT_TRUE(request.value()->BindOutput(0, bound.value()).ok());
    Feed(request.value().get(), 1, 1);
    ASSERT_TRUE(request.value()->Infer().ok());
    EXPECT_EQ(mine[15], 2);
  }
  // The memory is gone: the request must not write there again (openvino.md, trap 4).
  ASSERT_TRUE(request.value()->BindOutput(0, nullptr).ok());
  Feed(request.value().get(), 3, 3);
  ASSERT_TRUE(request.value()->Infer().ok());
  EXPECT_EQ(First(*request.value()->Output(0).value()), 6);
}

TEST_F(OpenVino, TakesModelsFromMemory) {
  std::ifstream file(AddRequest().model_path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  ASSERT_FALSE(bytes.empty());
  runtime::CompileRequest request = AddRequest();
  request.model_path.clear();
  request.model = {bytes.data(), bytes.size()};
  EXPECT_TRUE(TheBackend()->Compile(request).ok());
}

TEST_F(OpenVino, BoundsShapesBeforeCompiling) {
  runtime::CompileRequest request = AddRequest();
  request.model_path = ENGINERY_ROOT "/models/digits/digits_cnn.onnx";
  request.shapes["input"] = {{4, 4}, {1, 1}, {8, 8}, {8, 8}};
  auto model = TheBackend()->Compile(request);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_TRUE(model.value()->inputs()[0].shape.is_static());
  EXPECT_EQ(model.value()->outputs()[0].shape.dims[0].max, 4);
}

TEST_F(OpenVino, RefusesAModelItHasNoOperatorFor) {
  runtime::CompileRequest request = AddRequest();
  request.model_path = ENGINERY_ROOT "/models/small/unsupported-op.onnx";
  const auto model = TheBackend()->Compile(request);
  EXPECT_EQ(model.status().code(), Code::kModelUnsupported);
  // The user reads the reason; where in OpenVINO's sources it arose is in the cause.
  EXPECT_EQ(model.status().message().find("Exception from"), std::string::npos);
  EXPECT_NE(model.status().cause().find("Exception from"), std::string::npos);
}

TEST_F(OpenVino, RefusesMorePropertiesThanItPasses) {
  runtime::CompileRequest request = AddRequest();
  for (int i = 0; i < 30; ++i) request.properties["KEY_" + std::to_string(i)] = "1";
  EXPECT_EQ(TheBackend()->Compile(request).status().code(), Code::kInvalidArgument);
}

TEST_F(OpenVino, ProfilesTheLayersOfARun) {
  runtime::CompileRequest compile = AddRequest();
  compile.properties["PERF_COUNT"] = "YES";
  auto model = TheBackend()->Compile(compile);
  ASSERT_TRUE(model.ok());
  auto request = model.value()->CreateRequest();
  ASSERT_TRUE(request.ok());
  Feed(request.value().get(), 1, 1);
  ASSERT_TRUE(request.value()->Infer().ok());
  auto layers = request.value()->Profile();
  ASSERT_TRUE(layers.ok());
  EXPECT_FALSE(layers.value().empty());
}

}  // namespace
}  // namespace enginery::openvino
