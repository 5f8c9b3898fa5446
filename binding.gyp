# The same addon for node-gyp, from the same source list; CMakeLists.txt is the build of record.
{
  "targets": [
    {
      "target_name": "enginery",
      "sources": ["<!@(cat native/sources.txt)"],
      "include_dirs": ["native", "node_modules/node-api-headers/include"],
      # Node-API's own headers, as cmake-js uses them: those of an older Node lack newer constants.
      "include_dirs!": ["<(node_root_dir)/include/node"],
      "cflags_cc": [
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fvisibility=hidden",
        # Headers of others: -isystem, so that our warnings do not judge them.
        "-isystem<(module_root_dir)/build/deps/openvino/include",
        "-isystem<(module_root_dir)/node_modules/node-addon-api",
      ],
      # gyp's defaults turn exceptions off; allocation and the file system may throw, and addon/ catches that.
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "defines": [
        "NAPI_VERSION=9",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "ENGINERY_VERSION=\"<!(node -p \"require('./package.json').version\")\"",
      ],
      "libraries": ["-ldl"],
    }
  ]
}
