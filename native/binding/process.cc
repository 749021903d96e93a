#include "process.h"

#include <fcntl.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <cerrno>
#include <cstring>
#include <string>

#include "values.h"

namespace ablate {
namespace {

napi_value WriteOutputTo(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const std::string path = ReadString(env, arguments.at[0]);
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  const bool done = file >= 0 && dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0;
  if (!done) napi_throw_error(env, nullptr, (path + ": " + strerror(errno)).c_str());
  if (file >= 0) close(file);
  return nullptr;
}

napi_value ReturnMemory(napi_env, napi_callback_info) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  return nullptr;
}

}  // namespace

void DefineProcessCalls(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor properties[] = {
      method("writeOutputTo", WriteOutputTo),
      method("returnMemory", ReturnMemory),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

}  // namespace ablate
