// Loads TensorFlow's library with the process's standard error pointed elsewhere for that moment: its initialisers
// print two lines of log before any setting could stop them.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <cstdio>
#include <string>

static napi_value Preload(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  size_t length = 0;
  napi_get_value_string_utf8(env, argument, nullptr, 0, &length);
  std::string file(length, '\0');
  napi_get_value_string_utf8(env, argument, &file[0], length + 1, &length);

  fflush(stderr);
  const int saved = dup(STDERR_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (saved >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  void *library = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (saved >= 0) dup2(saved, STDERR_FILENO);
  if (saved >= 0) close(saved);
  if (nowhere >= 0) close(nowhere);
  if (!library) napi_throw_error(env, nullptr, dlerror());
  return nullptr;
}

static napi_value Init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "preload", NAPI_AUTO_LENGTH, Preload, nullptr, &function);
  return function;
}

NAPI_MODULE(ablate_preload, Init)
