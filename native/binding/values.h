// Reading arguments from JavaScript and writing results back.
#ifndef ABLATE_BINDING_VALUES_H_
#define ABLATE_BINDING_VALUES_H_

#include <node_api.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tensorflow/c/tf_status.h"

namespace ablate {

// Arguments of a call; those that were not given read as undefined.
template <size_t N>
struct Arguments {
  napi_value at[N];
  Arguments(napi_env env, napi_callback_info info) {
    size_t count = N;
    napi_get_cb_info(env, info, &count, at, nullptr, nullptr);
  }
};

inline std::string ReadString(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, &text[0], length + 1, &length);
  return text;
}

// The bytes of a Buffer or any typed array; empty for anything else.
inline std::string ReadBytes(napi_env env, napi_value value) {
  bool is_buffer = false;
  napi_is_buffer(env, value, &is_buffer);
  if (!is_buffer) return "";
  void *data = nullptr;
  size_t length = 0;
  napi_get_buffer_info(env, value, &data, &length);
  return std::string(static_cast<const char *>(data), length);
}

inline bool ReadIds(napi_env env, napi_value value, std::vector<int32_t> *ids) {
  napi_typedarray_type type;
  size_t length = 0;
  void *data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) return false;
  if (type != napi_int32_array) return false;
  const int32_t *first = static_cast<const int32_t *>(data);
  ids->assign(first, first + length);
  return true;
}

inline napi_value WriteIds(napi_env env, const std::vector<int32_t> &ids) {
  void *data = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  napi_create_arraybuffer(env, ids.size() * sizeof(int32_t), &data, &buffer);
  if (!ids.empty()) memcpy(data, ids.data(), ids.size() * sizeof(int32_t));
  napi_create_typedarray(env, napi_int32_array, ids.size(), buffer, 0, &array);
  return array;
}

class Status {
 public:
  Status() : status_(TF_NewStatus()) {}
  ~Status() { TF_DeleteStatus(status_); }
  Status(const Status &) = delete;
  Status &operator=(const Status &) = delete;

  TF_Status *get() { return status_; }
  TF_Code code() const { return TF_GetCode(status_); }
  bool ok() const { return code() == TF_OK; }
  const char *message() const { return TF_Message(status_); }

  // Throws TensorFlow's own text in JavaScript and returns true if there is an error.
  bool Throw(napi_env env) const {
    if (ok()) return false;
    napi_throw_error(env, nullptr, message());
    return true;
  }

 private:
  TF_Status *status_;
};

}  // namespace ablate

#endif  // ABLATE_BINDING_VALUES_H_
