#include "graph.h"

#include <memory>

#include "attributes.h"
#include "backend.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "values.h"

namespace ablate {
namespace {

struct Graph {
  TF_Graph *graph = TF_NewGraph();
  std::vector<TF_Operation *> nodes;
  ~Graph() { TF_DeleteGraph(graph); }

  // TensorFlow wants a name for every node; ours are their numbers.
  TF_OperationDescription *Start(const char *op) {
    return TF_NewOperation(graph, op, ("n" + std::to_string(nodes.size())).c_str());
  }
};

Graph *ReadGraph(napi_env env, napi_value value) {
  void *data = nullptr;
  napi_get_value_external(env, value, &data);
  return static_cast<Graph *>(data);
}

std::vector<int64_t> ReadShape(napi_env env, napi_value value) {
  uint32_t rank = 0;
  napi_get_array_length(env, value, &rank);
  std::vector<int64_t> shape(rank);
  for (uint32_t i = 0; i < rank; i++) {
    napi_value element;
    napi_get_element(env, value, i, &element);
    napi_get_value_int64(env, element, &shape[i]);
  }
  return shape;
}

TF_DataType ReadType(napi_env env, napi_value value) {
  int32_t type = 0;
  napi_get_value_int32(env, value, &type);
  return static_cast<TF_DataType>(type);
}

napi_value WriteInt(napi_env env, int64_t number) {
  napi_value value = nullptr;
  napi_create_int64(env, number, &value);
  return value;
}

// Pairs of node and output index; throws in JavaScript and returns false on a node that is not there.
bool ReadOutputs(napi_env env, napi_value value, const Graph &graph, std::vector<TF_Output> *outputs) {
  std::vector<int32_t> numbers;
  bool fits = ReadIds(env, value, &numbers) && numbers.size() % 2 == 0;
  for (size_t i = 0; fits && i < numbers.size(); i += 2) {
    fits = numbers[i] >= 0 && static_cast<size_t>(numbers[i]) < graph.nodes.size();
    if (fits) outputs->push_back({graph.nodes[numbers[i]], numbers[i + 1]});
  }
  if (!fits) napi_throw_error(env, nullptr, "expected an Int32Array of pairs: a node of this graph, an output of it");
  return fits;
}

// Node number of the finished operation; -1, with a JavaScript exception pending, if TensorFlow refuses it.
int64_t Finish(napi_env env, Graph *graph, TF_OperationDescription *description) {
  Status status;
  TF_Operation *operation = TF_FinishOperation(description, status.get());
  if (status.Throw(env)) return -1;
  graph->nodes.push_back(operation);
  return static_cast<int64_t>(graph->nodes.size()) - 1;
}

napi_value NewGraph(napi_env env, napi_callback_info) {
  napi_value external = nullptr;
  napi_create_external(
      env, new Graph, [](napi_env, void *data, void *) { delete static_cast<Graph *>(data); }, nullptr, &external);
  return external;
}

napi_value AddPlaceholder(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Graph *graph = ReadGraph(env, arguments.at[0]);
  TF_OperationDescription *description = graph->Start("Placeholder");
  const std::vector<int64_t> shape = ReadShape(env, arguments.at[2]);
  TF_SetAttrType(description, "dtype", ReadType(env, arguments.at[1]));
  TF_SetAttrShape(description, "shape", shape.data(), shape.size());
  const int64_t node = Finish(env, graph, description);
  return node < 0 ? nullptr : WriteInt(env, node);
}

napi_value AddConstant(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  Graph *graph = ReadGraph(env, arguments.at[0]);
  const TF_DataType type = ReadType(env, arguments.at[1]);
  const std::vector<int64_t> shape = ReadShape(env, arguments.at[2]);
  const std::string bytes = ReadBytes(env, arguments.at[3]);
  std::unique_ptr<TF_Tensor, void (*)(TF_Tensor *)> tensor(
      TF_AllocateTensor(type, shape.data(), shape.size(), bytes.size()), TF_DeleteTensor);
  if (!tensor || TF_TensorByteSize(tensor.get()) != bytes.size() ||
      bytes.size() != TF_DataTypeSize(type) * TF_TensorElementCount(tensor.get())) {
    napi_throw_error(env, nullptr, "a constant's values do not fill its shape");
    return nullptr;
  }
  if (!bytes.empty()) memcpy(TF_TensorData(tensor.get()), bytes.data(), bytes.size());
  Status status;
  TF_OperationDescription *description = graph->Start("Const");
  TF_SetAttrType(description, "dtype", type);
  TF_SetAttrTensor(description, "value", tensor.get(), status.get());
  if (status.Throw(env)) return nullptr;
  const int64_t node = Finish(env, graph, description);
  return node < 0 ? nullptr : WriteInt(env, node);
}

// The shape of an output; null where TensorFlow does not know all of it.
napi_value WriteShape(napi_env env, TF_Graph *graph, TF_Output output) {
  Status status;
  napi_value result = nullptr;
  napi_get_null(env, &result);
  const int rank = TF_GraphGetTensorNumDims(graph, output, status.get());
  if (!status.ok() || rank < 0) return result;
  std::vector<int64_t> shape(rank);
  TF_GraphGetTensorShape(graph, output, shape.data(), rank, status.get());
  if (!status.ok()) return result;
  for (int64_t size : shape) {
    if (size < 0) return result;
  }
  napi_create_array_with_length(env, rank, &result);
  for (int i = 0; i < rank; i++) napi_set_element(env, result, i, WriteInt(env, shape[i]));
  return result;
}

napi_value WriteOperation(napi_env env, const Graph &graph, int64_t node) {
  TF_Operation *operation = graph.nodes[node];
  const int count = TF_OperationNumOutputs(operation);
  napi_value result, outputs;
  napi_create_object(env, &result);
  napi_create_array_with_length(env, count, &outputs);
  for (int i = 0; i < count; i++) {
    napi_value output;
    napi_create_object(env, &output);
    napi_set_named_property(env, output, "dtype", WriteInt(env, TF_OperationOutputType({operation, i})));
    napi_set_named_property(env, output, "shape", WriteShape(env, graph.graph, {operation, i}));
    napi_set_element(env, outputs, i, output);
  }
  napi_set_named_property(env, result, "node", WriteInt(env, node));
  napi_set_named_property(env, result, "outputs", outputs);
  return result;
}

napi_value AddOperation(napi_env env, napi_callback_info info) {
  Arguments<6> arguments(env, info);
  Graph *graph = ReadGraph(env, arguments.at[0]);
  std::vector<TF_Output> inputs;
  std::vector<int32_t> groups, controls;
  if (!ReadOutputs(env, arguments.at[3], *graph, &inputs)) return nullptr;
  ReadIds(env, arguments.at[4], &groups);
  ReadIds(env, arguments.at[5], &controls);
  TF_OperationDescription *description = graph->Start(ReadString(env, arguments.at[1]).c_str());
  // Attributes go first: a list's length may be one of them.
  const bool attributes_fit = SetAttributes(env, arguments.at[2], description);
  size_t next = 0;
  for (int32_t group : groups) {
    const size_t length = group < 0 ? 1 : group;
    if (next + length > inputs.size()) break;
    if (group < 0) {
      TF_AddInput(description, inputs[next]);
    } else {
      TF_AddInputList(description, inputs.data() + next, static_cast<int>(length));
    }
    next += length;
  }
  for (int32_t control : controls) TF_AddControlInput(description, graph->nodes[control]);
  // Finishing is also what frees the description, so it happens although the attributes did not fit.
  if (!attributes_fit) {
    Status ignored;
    TF_FinishOperation(description, ignored.get());
    return nullptr;
  }
  const int64_t node = Finish(env, graph, description);
  return node < 0 ? nullptr : WriteOperation(env, *graph, node);
}

napi_value SetShape(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  Graph *graph = ReadGraph(env, arguments.at[0]);
  int32_t node = 0, index = 0;
  napi_get_value_int32(env, arguments.at[1], &node);
  napi_get_value_int32(env, arguments.at[2], &index);
  const std::vector<int64_t> shape = ReadShape(env, arguments.at[3]);
  Status status;
  TF_GraphSetTensorShape(graph->graph, {graph->nodes[node], index}, shape.data(), shape.size(), status.get());
  status.Throw(env);
  return nullptr;
}

napi_value DefineFunction(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  Graph *graph = ReadGraph(env, arguments.at[0]);
  const std::string name = ReadString(env, arguments.at[1]);
  std::vector<TF_Output> inputs, outputs;
  std::vector<int32_t> controls;
  if (!ReadOutputs(env, arguments.at[2], *graph, &inputs)) return nullptr;
  if (!ReadOutputs(env, arguments.at[3], *graph, &outputs)) return nullptr;
  ReadIds(env, arguments.at[4], &controls);
  std::vector<TF_Operation *> control_nodes;
  std::vector<std::string> labels;
  std::vector<const char *> label_pointers;
  for (int32_t control : controls) {
    control_nodes.push_back(graph->nodes[control]);
    labels.push_back("control_" + std::to_string(control));
  }
  for (const std::string &label : labels) label_pointers.push_back(label.c_str());
  Status status;
  TF_Function *function = TF_GraphToFunctionWithControlOutputs(
      graph->graph, name.c_str(), /*append_hash_to_fn_name=*/1, /*num_opers=*/-1, nullptr, inputs.size(),
      inputs.data(), outputs.size(), outputs.data(), nullptr, control_nodes.size(), control_nodes.data(),
      label_pointers.data(), nullptr, nullptr, status.get());
  if (status.Throw(env)) return nullptr;
  TFE_ContextAddFunction(Backend(env)->tfe_context_, function, status.get());
  napi_value defined = nullptr;
  napi_create_string_utf8(env, TF_FunctionName(function), NAPI_AUTO_LENGTH, &defined);
  TF_DeleteFunction(function);
  return status.Throw(env) ? nullptr : defined;
}

napi_value OpDefinition(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Graph graph;
  Status status;
  std::unique_ptr<TF_Buffer, void (*)(TF_Buffer *)> definition(TF_NewBuffer(), TF_DeleteBuffer);
  TF_GraphGetOpDef(graph.graph, ReadString(env, arguments.at[0]).c_str(), definition.get(), status.get());
  if (status.Throw(env)) return nullptr;
  napi_value result = nullptr;
  napi_create_buffer_copy(env, definition->length, definition->data, nullptr, &result);
  return result;
}

}  // namespace

void DefineGraphCalls(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor properties[] = {
      method("newGraph", NewGraph),
      method("addPlaceholder", AddPlaceholder),
      method("addConstant", AddConstant),
      method("addOperation", AddOperation),
      method("setShape", SetShape),
      method("defineFunction", DefineFunction),
      method("opDefinition", OpDefinition),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

}  // namespace ablate
