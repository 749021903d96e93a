#include "op.h"

#include <new>

namespace ablate {
namespace {

std::string errors;

struct Status {
  TF_Status *const raw = TF_NewStatus();
  ~Status() { TF_DeleteStatus(raw); }
  bool ok() const { return TF_GetCode(raw) == TF_OK; }
};

struct Shape {
  TF_ShapeHandle *const raw = TF_NewShapeHandle();
  ~Shape() { TF_DeleteShapeHandle(raw); }
};

}  // namespace

float Attributes::Float(const char *name) const {
  Status status;
  float value = 0;
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status.raw);
  if (!status.ok()) throw Invalid(TF_Message(status.raw));
  return value;
}

int64_t Attributes::Int(const char *name) const {
  Status status;
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status.raw);
  if (!status.ok()) throw Invalid(TF_Message(status.raw));
  return value;
}

void Context::Check() {
  if (TF_GetCode(status_) != TF_OK) throw Invalid(TF_Message(status_));
}

// The tensor itself is not held: TensorFlow gives a buffer to an output only if nobody else holds it.
Input Context::In(int index) {
  TF_Tensor *tensor = nullptr;
  TF_GetInput(context_, index, &tensor, status_);
  Check();
  Input input{TF_TensorData(tensor), Dims(TF_NumDims(tensor)), 1};
  for (int axis = 0; axis < input.rank(); axis++) {
    input.dims[axis] = TF_Dim(tensor, axis);
    input.count *= input.dims[axis];
  }
  work_.bytes += TF_TensorByteSize(tensor);
  TF_DeleteTensor(tensor);
  return input;
}

void *Context::Allocate(int index, int type, const Dims &dims, size_t size) {
  for (const int64_t dim : dims) size *= dim;
  TF_Tensor *tensor = TF_AllocateOutput(context_, index, type, dims.data(), static_cast<int>(dims.size()), size, status_);
  Check();
  work_.bytes += TF_TensorByteSize(tensor);
  void *data = TF_TensorData(tensor);
  TF_DeleteTensor(tensor);
  return data;
}

void *Context::Forward(std::initializer_list<int> inputs, int index, const Dims &dims) {
  int forwarded = -1;
  TF_Tensor *tensor = TF_ForwardInputOrAllocateOutput(context_, inputs.begin(), static_cast<int>(inputs.size()), index,
                                                      dims.data(), static_cast<int>(dims.size()), &forwarded, status_);
  Check();
  work_.bytes += TF_TensorByteSize(tensor);
  void *data = TF_TensorData(tensor);
  TF_DeleteTensor(tensor);
  return data;
}

std::string NameOf(TF_OpKernelContext *context) {
  const TF_StringView name = TF_GetOpKernelName(context);
  return {name.data, name.length};
}

int64_t ShapeContext::Dim(int input, int axis) {
  Shape shape;
  TF_ShapeInferenceContextGetInput(context_, input, shape.raw, status_);
  if (TF_GetCode(status_) != TF_OK || !TF_ShapeInferenceContextRankKnown(context_, shape.raw)) return -1;
  const int64_t rank = TF_ShapeInferenceContextRank(context_, shape.raw);
  const int64_t position = axis < 0 ? rank + axis : axis;
  if (position < 0 || position >= rank) return -1;
  TF_DimensionHandle *dim = TF_NewDimensionHandle();
  TF_ShapeInferenceContextDim(context_, shape.raw, position, dim);
  const int64_t value = TF_DimensionHandleValueKnown(dim) ? TF_DimensionHandleValue(dim) : -1;
  TF_DeleteDimensionHandle(dim);
  return value;
}

int64_t ShapeContext::Rows(int input) {
  Shape shape;
  TF_ShapeInferenceContextGetInput(context_, input, shape.raw, status_);
  if (TF_GetCode(status_) != TF_OK || !TF_ShapeInferenceContextRankKnown(context_, shape.raw)) return -1;
  int64_t rows = 1;
  for (int64_t axis = TF_ShapeInferenceContextRank(context_, shape.raw) - 2; axis >= 0; axis--) {
    const int64_t dim = Dim(input, static_cast<int>(axis));
    if (dim < 0) return -1;
    rows *= dim;
  }
  return rows;
}

void ShapeContext::Same(int output, int input) {
  Shape shape;
  TF_ShapeInferenceContextGetInput(context_, input, shape.raw, status_);
  if (TF_GetCode(status_) == TF_OK) TF_ShapeInferenceContextSetOutput(context_, output, shape.raw, status_);
}

void ShapeContext::Set(int output, const Dims &dims) {
  TF_ShapeHandle *whole = TF_ShapeInferenceContextScalar(context_);
  for (const int64_t dim : dims) {
    TF_ShapeHandle *one = TF_ShapeInferenceContextVectorFromSize(context_, static_cast<size_t>(dim));
    TF_ShapeHandle *joined = TF_NewShapeHandle();
    TF_ShapeInferenceContextConcatenateShapes(context_, whole, one, joined, status_);
    TF_DeleteShapeHandle(whole);
    TF_DeleteShapeHandle(one);
    whole = joined;
  }
  if (TF_GetCode(status_) == TF_OK) TF_ShapeInferenceContextSetOutput(context_, output, whole, status_);
  TF_DeleteShapeHandle(whole);
}

void FailConstruction(TF_OpKernelConstruction *construction, const char *text) {
  Status status;
  TF_SetStatus(status.raw, TF_INVALID_ARGUMENT, text);
  TF_OpKernelConstruction_Failure(construction, status.raw);
}

void FailCompute(TF_OpKernelContext *context, int code, const char *text) {
  Status status;
  TF_SetStatus(status.raw, code, text);
  TF_OpKernelContext_Failure(context, status.raw);
}

void RegisterOp(const OpDefinition &definition, void (*shapes)(TF_ShapeInferenceContext *, TF_Status *),
                std::initializer_list<KernelDefinition> kernels) {
  const std::string name = "Ablate" + definition.name + "V" + std::to_string(kVersion);
  TF_OpDefinitionBuilder *op = TF_NewOpDefinitionBuilder(name.c_str());
  for (const char *attribute : definition.attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  if (kernels.size() > 1) TF_OpDefinitionBuilderAddAttr(op, "T: {float, bfloat16}");
  for (const char *input : definition.inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char *output : definition.outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, shapes);
  if (definition.writes_into_inputs) TF_OpDefinitionBuilderSetIsStateful(op, true);
  Status status;
  TF_RegisterOpDefinition(op, status.raw);
  for (const KernelDefinition &kernel : kernels) {
    if (!status.ok()) break;
    TF_KernelBuilder *const builder =
        TF_NewKernelBuilder(name.c_str(), "CPU", kernel.create, kernel.compute, kernel.destroy);
    if (kernel.type) TF_KernelBuilder_TypeConstraint(builder, "T", kernel.type, status.raw);
    if (status.ok()) TF_RegisterKernelBuilder((name + std::to_string(kernel.type)).c_str(), builder, status.raw);
  }
  if (!status.ok()) errors += name + ": " + TF_Message(status.raw) + "\n";
}

const std::string &RegistrationErrors() { return errors; }

}  // namespace ablate
