// The Node module: registers the ops with the TensorFlow in the process (tfjs-node's addon is loaded before) and sets
// threads and memory. Exports: version, vectorWidth, bfloat16, setThreads(n), threads(), tuneMalloc(), profile(on),
// takeProfile().
#include <node_api.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>

#include "bfloat16.h"
#include "op.h"
#include "pool.h"
#include "profile.h"
#include "vector.h"

namespace ablate {
namespace {

// Registering a name twice ends the process inside TensorFlow, so a second build of the kernels says no instead.
std::string RegisterOnce() {
  static std::once_flag once;
  static std::string problem;
  std::call_once(once, [] {
    const std::string marker = "ABLATE_KERNELS_V" + std::to_string(kVersion), process = std::to_string(getpid());
    const char *holder = getenv(marker.c_str());
    if (holder && process == holder) {
      problem = "the kernels are in this process already, from another file; one process can hold them once";
      return;
    }
    setenv(marker.c_str(), process.c_str(), 1);
    RegisterAttention();
    RegisterElementwise();
    RegisterNorms();
    RegisterConvolutions();
    RegisterDense();
    RegisterPools();
    RegisterTraining();
    problem = RegistrationErrors();
  });
  return problem;
}

napi_value Number(napi_env env, int value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

napi_value Boolean(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value SetThreadsCall(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t threads = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_int32(env, argument, &threads) != napi_ok || threads < 1 || threads > 1024) {
    napi_throw_range_error(env, nullptr, "setThreads takes a number of threads from 1 to 1024");
    return nullptr;
  }
  SetThreads(threads);
  return nullptr;
}

napi_value ThreadsCall(napi_env env, napi_callback_info) { return Number(env, Threads()); }

// Keeps freed tensors' memory in the process: without it glibc returns every large one to the kernel and pays a page
// fault for each 4 KiB when the next one of its size is written.
napi_value TuneMalloc(napi_env env, napi_callback_info) {
  bool tuned = false;
#if defined(__GLIBC__)
  tuned = mallopt(M_MMAP_THRESHOLD, 1 << 30) && mallopt(M_TRIM_THRESHOLD, INT32_MAX) && mallopt(M_TOP_PAD, 64 << 20);
#endif
  return Boolean(env, tuned);
}

napi_value ProfileCall(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  bool on = false;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_bool(env, argument, &on) != napi_ok) {
    napi_throw_type_error(env, nullptr, "profile takes true or false");
    return nullptr;
  }
  Profile(on);
  return nullptr;
}

// What ran since the last call, as TakeProfile has it.
napi_value TakeProfileCall(napi_env env, napi_callback_info) {
  const std::vector<NodeTime> nodes = TakeProfile();
  napi_value list;
  napi_create_array_with_length(env, nodes.size(), &list);
  for (size_t i = 0; i < nodes.size(); i++) {
    const auto &[name, work, seconds, packing] = nodes[i];
    napi_value entry, text;
    napi_create_object(env, &entry);
    napi_create_string_utf8(env, name.data(), name.size(), &text);
    napi_set_named_property(env, entry, "node", text);
    const std::pair<const char *, double> numbers[] = {
        {"seconds", seconds}, {"packing", packing}, {"products", work.products}, {"bytes", work.bytes}};
    for (const auto &[key, value] : numbers) {
      napi_value number;
      napi_create_double(env, value, &number);
      napi_set_named_property(env, entry, key, number);
    }
    napi_set_named_property(env, entry, "rounded", Boolean(env, work.precision != Precision::kFloat32));
    napi_set_element(env, list, static_cast<uint32_t>(i), entry);
  }
  return list;
}

void Define(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

napi_value Init(napi_env env, napi_value exports) {
  const std::string problem = RegisterOnce();
  if (!problem.empty()) {
    napi_throw_error(env, nullptr, problem.c_str());
    return nullptr;
  }
  napi_set_named_property(env, exports, "version", Number(env, kVersion));
  napi_set_named_property(env, exports, "vectorWidth", Number(env, kWidth));
  napi_set_named_property(env, exports, "bfloat16", Boolean(env, kMultipliesBfloat16));
  Define(env, exports, "setThreads", SetThreadsCall);
  Define(env, exports, "threads", ThreadsCall);
  Define(env, exports, "tuneMalloc", TuneMalloc);
  Define(env, exports, "profile", ProfileCall);
  Define(env, exports, "takeProfile", TakeProfileCall);
  return exports;
}

}  // namespace
}  // namespace ablate

NAPI_MODULE(ablate_kernels, ablate::Init)
