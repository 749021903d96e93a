// A kernel as a small struct, and its registration with TensorFlow:
//
//   struct Kernel {
//     explicit Kernel(const Attributes &);
//     void Compute(Context &) const;         // throws Invalid with a text for the person who called it wrongly
//     static void Shapes(ShapeContext &);    // what is known of the outputs from the inputs' shapes
//   };
//   Register<Kernel>({"SoftmaxCrossEntropy", {"logits: float", ...}, {"loss: float", ...}, {}});
//
// or, where its maps are of either element, of a template by that element:
//
//   RegisterBoth<Kernel>({"LayerNorm", {"x: T", "gamma: float", ...}, {"y: T", ...}, {"epsilon: float"}});
#ifndef ABLATE_KERNELS_OP_H_
#define ABLATE_KERNELS_OP_H_

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "abi.h"
#include "activation.h"
#include "profile.h"

namespace ablate {

// Part of every op's name: an op cannot be registered twice in a process, nor may its meaning change under its name.
constexpr int kVersion = 1;

struct Invalid : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

inline void Require(bool condition, const char *text) {
  if (!condition) throw Invalid(text);
}

class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction *construction) : construction_(construction) {}
  float Float(const char *name) const;
  int64_t Int(const char *name) const;

 private:
  TF_OpKernelConstruction *construction_;
};

using Dims = std::vector<int64_t>;

// TensorFlow's number of an element's type.
template <class T>
constexpr int kType = std::is_same_v<T, Bfloat16> ? TF_BFLOAT16 : TF_FLOAT;

struct Input {
  void *data;
  Dims dims;
  int64_t count;
  const float *floats() const { return of<float>(); }
  template <class T>
  const T *of() const {
    return static_cast<const T *>(data);
  }
  int rank() const { return static_cast<int>(dims.size()); }
  bool empty() const { return count == 0; }
  int64_t channels() const { return dims.empty() ? 1 : dims.back(); }
  // Positions times samples: the count without the channels.
  int64_t rows() const { return channels() ? count / channels() : 0; }
};

class Context {
 public:
  explicit Context(TF_OpKernelContext *context) : context_(context), status_(TF_NewStatus()) {}
  ~Context() { TF_DeleteStatus(status_); }
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  Input In(int index);
  template <class T = float>
  T *Out(int index, const Dims &dims) {
    return static_cast<T *>(Allocate(index, kType<T>, dims, sizeof(T)));
  }
  uint8_t *OutBytes(int index, const Dims &dims) { return static_cast<uint8_t *>(Allocate(index, TF_UINT8, dims, 1)); }
  // The buffer of one of the inputs if nothing else needs it, else a new one. For kernels that read every element
  // before they write it.
  template <class T = float>
  T *OutInPlaceOf(std::initializer_list<int> inputs, int index, const Dims &dims) {
    return static_cast<T *>(Forward(inputs, index, dims));
  }

  // Multiply-adds that the kernel has to do, for a profile.
  void Products(double count, Precision precision = Precision::kFloat32) {
    work_.products = count;
    work_.precision = precision;
  }
  const Work &work() const { return work_; }

 private:
  void *Allocate(int index, int type, const Dims &dims, size_t size);
  void *Forward(std::initializer_list<int> inputs, int index, const Dims &dims);
  void Check();
  TF_OpKernelContext *context_;
  TF_Status *status_;
  Work work_;
};

// The name of a kernel's node in its graph.
std::string NameOf(TF_OpKernelContext *);

class ShapeContext {
 public:
  ShapeContext(TF_ShapeInferenceContext *context, TF_Status *status) : context_(context), status_(status) {}
  // -1 where it is not known; a negative axis counts from the end.
  int64_t Dim(int input, int axis);
  // The product of all dimensions but the last.
  int64_t Rows(int input);
  void Same(int output, int input);
  void Set(int output, const Dims &dims);

 private:
  TF_ShapeInferenceContext *context_;
  TF_Status *status_;
};

struct OpDefinition {
  std::string name;  // without the prefix and the version
  std::vector<const char *> inputs, outputs, attributes;
  bool writes_into_inputs = false;
};

// A kernel's functions as TensorFlow calls them; `type` of what its maps are made of, 0 where there is no choice.
struct KernelDefinition {
  int type;
  void *(*create)(TF_OpKernelConstruction *);
  void (*compute)(void *, TF_OpKernelContext *);
  void (*destroy)(void *);
};

void RegisterOp(const OpDefinition &, void (*shapes)(TF_ShapeInferenceContext *, TF_Status *),
                std::initializer_list<KernelDefinition> kernels);

void FailConstruction(TF_OpKernelConstruction *, const char *text);
void FailCompute(TF_OpKernelContext *, int code, const char *text);

template <class Kernel>
KernelDefinition KernelOf(int type) {
  return {
      type,
      [](TF_OpKernelConstruction *construction) -> void * {
        try {
          return new Kernel(Attributes(construction));
        } catch (const std::exception &error) {
          FailConstruction(construction, error.what());
          return nullptr;
        }
      },
      [](void *kernel, TF_OpKernelContext *context) {
        try {
          Context wrapped(context);
          if (!Profiling()) return static_cast<const Kernel *>(kernel)->Compute(wrapped);
          NodeTimer timer(NameOf(context));
          static_cast<const Kernel *>(kernel)->Compute(wrapped);
          timer.End(wrapped.work());
        } catch (const std::bad_alloc &) {
          FailCompute(context, TF_RESOURCE_EXHAUSTED, "out of memory");
        } catch (const std::exception &error) {
          FailCompute(context, TF_INVALID_ARGUMENT, error.what());
        }
      },
      [](void *kernel) { delete static_cast<Kernel *>(kernel); },
  };
}

template <class Kernel>
void ShapesOf(TF_ShapeInferenceContext *context, TF_Status *status) {
  ShapeContext wrapped(context, status);
  Kernel::Shapes(wrapped);
}

template <class Kernel>
void Register(const OpDefinition &definition) {
  RegisterOp(definition, ShapesOf<Kernel>, {KernelOf<Kernel>(0)});
}

// Adds the attribute T to the definition: float or bfloat16, as TensorFlow finds it by the inputs.
template <template <class> class Kernel>
void RegisterBoth(const OpDefinition &definition) {
  RegisterOp(definition, ShapesOf<Kernel<float>>,
             {KernelOf<Kernel<float>>(TF_FLOAT), KernelOf<Kernel<Bfloat16>>(TF_BFLOAT16)});
}
template <template <class, Activation> class Kernel, Activation A>
void RegisterBoth(const OpDefinition &definition) {
  RegisterOp(definition, ShapesOf<Kernel<float, A>>,
             {KernelOf<Kernel<float, A>>(TF_FLOAT), KernelOf<Kernel<Bfloat16, A>>(TF_BFLOAT16)});
}

// What went wrong while ops were registered; empty if nothing did.
const std::string &RegistrationErrors();

// One for each ops-*.cc.
void RegisterAttention();
void RegisterElementwise();
void RegisterNorms();
void RegisterConvolutions();
void RegisterDense();
void RegisterPools();
void RegisterTraining();

}  // namespace ablate

#endif
