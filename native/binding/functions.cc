#include "functions.h"

#include <cstdlib>
#include <memory>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tfjs_backend.h"
#include "values.h"

namespace ablate {
namespace {

using tfnodejs::TFJSBackend;

// tfjs-node keeps its backend as the addon's instance data; its context and its map from ids to handles are private,
// which is why this file is compiled without access control.
TFJSBackend *Backend(napi_env env) {
  void *data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<TFJSBackend *>(data);
}

using Graph = std::unique_ptr<TF_Graph, void (*)(TF_Graph *)>;

// Null, with a JavaScript exception pending, if TensorFlow refuses the graph.
Graph Import(napi_env env, const std::string &definition) {
  Status status;
  Graph graph(TF_NewGraph(), TF_DeleteGraph);
  TF_Buffer *buffer = TF_NewBufferFromString(definition.data(), definition.size());
  TF_ImportGraphDefOptions *options = TF_NewImportGraphDefOptions();
  TF_GraphImportGraphDef(graph.get(), buffer, options, status.get());
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(buffer);
  if (status.Throw(env)) graph.reset();
  return graph;
}

// "node:index" in the graph; throws in JavaScript and returns false if there is no such node.
bool FindOutput(napi_env env, TF_Graph *graph, const std::string &name, TF_Output *output) {
  const size_t colon = name.rfind(':');
  output->oper = TF_GraphOperationByName(graph, name.substr(0, colon).c_str());
  output->index = colon == std::string::npos ? 0 : atoi(name.c_str() + colon + 1);
  if (output->oper) return true;
  napi_throw_error(env, nullptr, ("the graph has no node " + name).c_str());
  return false;
}

bool FindOutputs(napi_env env, TF_Graph *graph, const std::vector<std::string> &names,
                 std::vector<TF_Output> *outputs) {
  outputs->resize(names.size());
  for (size_t i = 0; i < names.size(); i++) {
    if (!FindOutput(env, graph, names[i], &(*outputs)[i])) return false;
  }
  return true;
}

napi_value AddFunction(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  Graph graph = Import(env, ReadBytes(env, arguments.at[0]));
  if (!graph) return nullptr;
  const std::string name = ReadString(env, arguments.at[1]);
  std::vector<TF_Output> inputs, outputs, controls;
  const std::vector<std::string> control_names = ReadStrings(env, arguments.at[4]);
  if (!FindOutputs(env, graph.get(), ReadStrings(env, arguments.at[2]), &inputs) ||
      !FindOutputs(env, graph.get(), ReadStrings(env, arguments.at[3]), &outputs) ||
      !FindOutputs(env, graph.get(), control_names, &controls)) {
    return nullptr;
  }
  std::vector<TF_Operation *> control_operations;
  std::vector<const char *> control_labels;
  for (size_t i = 0; i < controls.size(); i++) {
    control_operations.push_back(controls[i].oper);
    control_labels.push_back(control_names[i].c_str());
  }
  Status status;
  TF_Function *function = TF_GraphToFunctionWithControlOutputs(
      graph.get(), name.c_str(), /*append_hash_to_fn_name=*/0, /*num_opers=*/-1, nullptr, inputs.size(), inputs.data(),
      outputs.size(), outputs.data(), nullptr, control_operations.size(), control_operations.data(),
      control_labels.data(), nullptr, nullptr, status.get());
  if (status.Throw(env)) return nullptr;
  TFE_ContextAddFunction(Backend(env)->tfe_context_, function, status.get());
  TF_DeleteFunction(function);
  status.Throw(env);
  return nullptr;
}

napi_value RemoveFunction(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Status status;
  TFE_ContextRemoveFunction(Backend(env)->tfe_context_, ReadString(env, arguments.at[0]).c_str(), status.get());
  status.Throw(env);
  return nullptr;
}

// One execution of a function: the op holds references to its inputs' handles until it is deleted, so JavaScript may
// dispose of the tensors meanwhile.
struct Execution {
  TFE_Op *op = nullptr;
  std::vector<TFE_TensorHandle *> outputs;
  Status status;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;

  ~Execution() {
    if (op) TFE_DeleteOp(op);
  }
  void Run() {
    int count = static_cast<int>(outputs.size());
    TFE_Execute(op, outputs.data(), &count, status.get());
    // Inputs are let go of here, on the thread that ran: freeing them is not the main thread's work.
    TFE_DeleteOp(op);
    op = nullptr;
  }
  napi_value OutputIds(napi_env env) {
    std::vector<int32_t> ids;
    for (TFE_TensorHandle *handle : outputs) ids.push_back(Backend(env)->InsertHandle(handle));
    return WriteIds(env, ids);
  }
};

// Null, with a JavaScript exception pending, if the arguments do not fit.
std::unique_ptr<Execution> Prepare(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  TFJSBackend *backend = Backend(env);
  std::unique_ptr<Execution> execution(new Execution);
  Status &status = execution->status;
  execution->op = TFE_NewOp(backend->tfe_context_, ReadString(env, arguments.at[0]).c_str(), status.get());
  if (status.Throw(env)) return nullptr;
  std::vector<int32_t> ids;
  if (!ReadIds(env, arguments.at[1], &ids)) {
    napi_throw_type_error(env, nullptr, "input ids must be an Int32Array");
    return nullptr;
  }
  for (int32_t id : ids) {
    auto entry = backend->tfe_handle_map_.find(id);
    if (entry == backend->tfe_handle_map_.end()) {
      napi_throw_error(env, nullptr, ("there is no tensor with id " + std::to_string(id)).c_str());
      return nullptr;
    }
    TFE_OpAddInput(execution->op, entry->second, status.get());
    if (status.Throw(env)) return nullptr;
  }
  int32_t count = 0;
  napi_get_value_int32(env, arguments.at[2], &count);
  execution->outputs.assign(count, nullptr);
  const std::string config = ReadBytes(env, arguments.at[3]);
  if (!config.empty()) TFE_OpSetAttrString(execution->op, "config_proto", config.data(), config.size());
  return execution;
}

napi_value RunFunction(napi_env env, napi_callback_info info) {
  std::unique_ptr<Execution> execution = Prepare(env, info);
  if (!execution) return nullptr;
  execution->Run();
  if (execution->status.Throw(env)) return nullptr;
  return execution->OutputIds(env);
}

void Complete(napi_env env, napi_status, void *data) {
  std::unique_ptr<Execution> execution(static_cast<Execution *>(data));
  if (execution->status.ok()) {
    napi_resolve_deferred(env, execution->deferred, execution->OutputIds(env));
  } else {
    napi_value message, error;
    napi_create_string_utf8(env, execution->status.message(), NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, nullptr, message, &error);
    napi_reject_deferred(env, execution->deferred, error);
  }
  napi_delete_async_work(env, execution->work);
}

napi_value RunFunctionAsync(napi_env env, napi_callback_info info) {
  std::unique_ptr<Execution> execution = Prepare(env, info);
  if (!execution) return nullptr;
  napi_value promise, name;
  napi_create_promise(env, &execution->deferred, &promise);
  napi_create_string_utf8(env, "ablate.runFunction", NAPI_AUTO_LENGTH, &name);
  Execution *owned_by_work = execution.release();
  napi_create_async_work(
      env, nullptr, name, [](napi_env, void *data) { static_cast<Execution *>(data)->Run(); }, Complete, owned_by_work,
      &owned_by_work->work);
  napi_queue_async_work(env, owned_by_work->work);
  return promise;
}

napi_value OpList(napi_env env, napi_callback_info) {
  TF_Buffer *list = TF_GetAllOpList();
  napi_value result = nullptr;
  napi_create_buffer_copy(env, list->length, list->data, nullptr, &result);
  TF_DeleteBuffer(list);
  return result;
}

}  // namespace

void DefineFunctionCalls(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor properties[] = {
      method("addFunction", AddFunction), method("removeFunction", RemoveFunction),
      method("runFunction", RunFunction), method("runFunctionAsync", RunFunctionAsync),
      method("opList", OpList),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

}  // namespace ablate
