// A kernel that writes into its inputs, registered as native/README.md asks: p -= rate * g, over lists.
#include <node_api.h>

#include <cstdint>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace {

float *Values(TF_Tensor *tensor) { return static_cast<float *>(TF_TensorData(tensor)); }

void Compute(void *, TF_OpKernelContext *context) {
  TF_Status *status = TF_NewStatus();
  const int count = (TF_NumInputs(context) - 1) / 2;
  TF_Tensor *rate, *p, *g;
  TF_GetInput(context, 0, &rate, status);
  for (int i = 0; i < count; i++) {
    TF_GetInput(context, 1 + i, &p, status);
    TF_GetInput(context, 1 + count + i, &g, status);
    for (int64_t j = 0; j < TF_TensorElementCount(p); j++) Values(p)[j] -= Values(rate)[0] * Values(g)[j];
    TF_DeleteTensor(p);
    TF_DeleteTensor(g);
  }
  TF_DeleteTensor(rate);
  TF_Tensor *done = TF_AllocateOutput(context, 0, TF_FLOAT, nullptr, 0, sizeof(float), status);
  Values(done)[0] = 0;
  TF_DeleteTensor(done);
  TF_DeleteStatus(status);
}

napi_value Init(napi_env env, napi_value exports) {
  TF_Status *status = TF_NewStatus();
  TF_OpDefinitionBuilder *op = TF_NewOpDefinitionBuilder("AblateTestDescend");
  TF_OpDefinitionBuilderAddInput(op, "rate: float");
  TF_OpDefinitionBuilderAddInput(op, "p_inout: N * float");
  TF_OpDefinitionBuilderAddInput(op, "g: N * float");
  TF_OpDefinitionBuilderAddOutput(op, "done: float");
  TF_OpDefinitionBuilderAddAttr(op, "N: int >= 1");
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  // The shape is left open, to see that recording finds it.
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, [](TF_ShapeInferenceContext *context, TF_Status *result) {
    TF_ShapeInferenceContextSetUnknownShape(context, result);
  });
  TF_RegisterOpDefinition(op, status);
  const bool registered = TF_GetCode(status) == TF_OK;
  TF_KernelBuilder *kernel = TF_NewKernelBuilder(
      "AblateTestDescend", "CPU", [](TF_OpKernelConstruction *) -> void * { return nullptr; }, Compute, [](void *) {});
  TF_RegisterKernelBuilder("AblateTestDescend", kernel, status);
  if (!registered || TF_GetCode(status) != TF_OK) napi_throw_error(env, nullptr, TF_Message(status));
  TF_DeleteStatus(status);
  return exports;
}

}  // namespace

NAPI_MODULE(ablate_test_kernel, Init)
