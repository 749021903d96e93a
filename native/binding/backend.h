#ifndef ABLATE_BINDING_BACKEND_H_
#define ABLATE_BINDING_BACKEND_H_

#include <node_api.h>

#include "tfjs_backend.h"

namespace ablate {

// tfjs-node keeps its backend as the addon's instance data. Its context and its map from ids to handles are private,
// which is why files that include this are compiled without access control.
inline tfnodejs::TFJSBackend *Backend(napi_env env) {
  void *data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<tfnodejs::TFJSBackend *>(data);
}

}  // namespace ablate

#endif  // ABLATE_BINDING_BACKEND_H_
