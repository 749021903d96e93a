#ifndef ABLATE_BINDING_FUNCTIONS_H_
#define ABLATE_BINDING_FUNCTIONS_H_

#include <node_api.h>

namespace ablate {

// Adds to the exports, all on the eager context that tfjs-node already has:
//   addFunction(graphDef: Uint8Array, name, inputs: string[], outputs: string[], controls: string[])
//   removeFunction(name)
//   runFunction(name, inputIds: Int32Array, outputCount, config: Uint8Array | null): Int32Array
//   runFunctionAsync(same): Promise<Int32Array>, computed off the main thread
//   opList(): Buffer, the serialized OpList of every registered op
// Inputs and outputs are "node:index"; ids are those of tfjs-node's tensors.
void DefineFunctionCalls(napi_env env, napi_value exports);

}  // namespace ablate

#endif  // ABLATE_BINDING_FUNCTIONS_H_
