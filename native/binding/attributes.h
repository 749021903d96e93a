#ifndef ABLATE_BINDING_ATTRIBUTES_H_
#define ABLATE_BINDING_ATTRIBUTES_H_

#include <node_api.h>

#include "tensorflow/c/c_api.h"

namespace ablate {

// Sets { name, type, value }[], the form in which tfjs-node passes an op's attributes. Throws in JavaScript and returns
// false on a kind that tfjs-node does not pass either.
bool SetAttributes(napi_env env, napi_value attributes, TF_OperationDescription *description);

}  // namespace ablate

#endif  // ABLATE_BINDING_ATTRIBUTES_H_
