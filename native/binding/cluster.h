#ifndef ABLATE_BINDING_CLUSTER_H_
#define ABLATE_BINDING_CLUSTER_H_

#include <node_api.h>

namespace ablate {

// This process as one of several that compute together by TensorFlow's collective ops.
//   joinCluster(serverDef: Uint8Array): device, the name of tfjs-node's device from now on
//   watchPeers(tasks: string[], names: string[], period, patience): milliseconds
//   stopWatching()
// joinCluster returns at once and waits for nobody. While peers are watched, one that does not answer for `patience` ends
// every collective that is under way, here and at the others, with an error that says its name; so does every one after.
void DefineClusterCalls(napi_env env, napi_value exports);

}  // namespace ablate

#endif  // ABLATE_BINDING_CLUSTER_H_
