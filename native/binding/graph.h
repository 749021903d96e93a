#ifndef ABLATE_BINDING_GRAPH_H_
#define ABLATE_BINDING_GRAPH_H_

#include <node_api.h>

namespace ablate {

// A graph under construction, one node at a time; TensorFlow infers every output's type and shape as a node is added.
//   newGraph(): Graph
//   addPlaceholder(graph, dtype, shape: number[]): node
//   addConstant(graph, dtype, shape: number[], values: typed array): node
//   addOperation(graph, op, attributes, inputs: Int32Array, groups: Int32Array, controls: Int32Array):
//     { node, outputs: { dtype, shape: number[] | null }[] }
//   setShape(graph, node, output, shape: number[])
//   defineFunction(graph, name, inputs: Int32Array, outputs: Int32Array, controls: Int32Array): string, the name with a
//     hash of the definition behind it: one graph has one name in every process, which XLA's cache on disk goes by
//   opDefinition(op): Buffer, a serialized OpDef
// Nodes are numbers; inputs and outputs are pairs of node and output index, laid end to end; controls are nodes.
// `groups` has one entry an argument of the op: -1 for a single tensor, else the length of a list. A shape is null
// where TensorFlow cannot tell all of it.
void DefineGraphCalls(napi_env env, napi_value exports);

}  // namespace ablate

#endif  // ABLATE_BINDING_GRAPH_H_
