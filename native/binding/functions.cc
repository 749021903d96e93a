#include "functions.h"

#include <memory>

#include "backend.h"
#include "tensorflow/c/eager/c_api.h"
#include "values.h"

namespace ablate {
namespace {

napi_value RemoveFunction(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Status status;
  TFE_ContextRemoveFunction(Backend(env)->tfe_context_, ReadString(env, arguments.at[0]).c_str(), status.get());
  status.Throw(env);
  return nullptr;
}

// One execution of a function. The op holds its inputs' handles until it is deleted, on the main thread: the last
// reference to a tensor that shares a typed array's memory must be let go of there.
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
  tfnodejs::TFJSBackend *backend = Backend(env);
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
  bool xla = false;
  napi_get_value_bool(env, arguments.at[3], &xla);
  // TensorFlow compiles the whole function for these shapes, or the call fails; it never falls back on its own kernels.
  if (xla) TFE_OpSetAttrBool(execution->op, "_XlaMustCompile", 1);
  int32_t count = 0;
  napi_get_value_int32(env, arguments.at[2], &count);
  execution->outputs.assign(count, nullptr);
  return execution;
}

void Complete(napi_env env, napi_status, void *data) {
  std::unique_ptr<Execution> execution(static_cast<Execution *>(data));
  if (execution->status.ok()) {
    napi_resolve_deferred(env, execution->deferred, execution->OutputIds(env));
  } else {
    napi_value code, message, error;
    const std::string number = std::to_string(execution->status.code());
    napi_create_string_utf8(env, number.data(), number.size(), &code);
    napi_create_string_utf8(env, execution->status.message(), NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, code, message, &error);
    napi_reject_deferred(env, execution->deferred, error);
  }
  napi_delete_async_work(env, execution->work);
}

napi_value RunFunction(napi_env env, napi_callback_info info) {
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

}  // namespace

void DefineFunctionCalls(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor properties[] = {
      method("removeFunction", RemoveFunction),
      method("runFunction", RunFunction),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

}  // namespace ablate
