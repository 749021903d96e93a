// The addon's entry point: tfjs-node's own binding, whose entry point is renamed when it is compiled, plus ours.
#include <node_api.h>

#include "cluster.h"
#include "functions.h"
#include "graph.h"
#include "process.h"

extern "C" napi_value ablate_register_tfjs_binding(napi_env env, napi_value exports);

static napi_value Init(napi_env env, napi_value exports) {
  exports = ablate_register_tfjs_binding(env, exports);
  bool failed = false;
  napi_is_exception_pending(env, &failed);
  if (!failed) {
    ablate::DefineGraphCalls(env, exports);
    ablate::DefineFunctionCalls(env, exports);
    ablate::DefineClusterCalls(env, exports);
    ablate::DefineProcessCalls(env, exports);
  }
  return exports;
}

NAPI_MODULE(ablate_binding, Init)
