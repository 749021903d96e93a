#ifndef ABLATE_BINDING_FUNCTIONS_H_
#define ABLATE_BINDING_FUNCTIONS_H_

#include <node_api.h>

namespace ablate {

// Functions of the eager context that tfjs-node already has, by name; ids are those of tfjs-node's tensors.
//   runFunction(name, inputIds: Int32Array, outputCount, xla?: boolean): Promise<Int32Array>, off the main thread;
//     by XLA, which compiles at the first call, likewise; it fails with TensorFlow's number for the error as `code`
//   removeFunction(name)
void DefineFunctionCalls(napi_env env, napi_value exports);

}  // namespace ablate

#endif  // ABLATE_BINDING_FUNCTIONS_H_
