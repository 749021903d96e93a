// Ops: the loss and the optimizers.
#include "kernels.h"
#include "op.h"

namespace ablate {
namespace {

struct CrossEntropy {
  explicit CrossEntropy(const Attributes &) {}
  void Compute(Context &context) const {
    const Input logits = context.In(0), targets = context.In(1);
    Require(logits.rank() == 2 && logits.count > 0, "logits must be [N, K] and not empty");
    Require(targets.dims == logits.dims, "logits and targets differ in shape");
    float *const loss = context.Out(0, {}), *const dlogits = context.Out(1, logits.dims);
    SoftmaxCrossEntropy(logits.floats(), targets.floats(), loss, dlogits, logits.dims[0], logits.dims[1]);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {});
    shapes.Same(1, 0);
  }
};

// Inputs: hyper, weight_decay [N], rate_scale [N], then the lists one after the other, all but the gradients written
// into: parameters, gradients, the optimizer's own, averages (none or N).
struct Update {
  explicit Update(const Attributes &attributes) : count(attributes.Int("N")), averages(attributes.Int("E")) {}
  static void Shapes(ShapeContext &shapes) { shapes.Set(0, {}); }

  Input Parameters(Context &context, int hypers) const {
    const Input hyper = context.In(0);
    Require(hyper.count == hypers, "hyper has the wrong length");
    Require(context.In(1).count == count && context.In(2).count == count,
            "weight_decay and rate_scale must have one value a parameter");
    Require(averages == 0 || averages == count, "there must be as many averages as parameters, or none");
    return hyper;
  }
  Input Listed(Context &context, int list, long i, int64_t size) const {
    const Input tensor = context.In(static_cast<int>(3 + list * count + i));
    Require(size < 0 || tensor.count == size, "a parameter differs in size from its gradient, moment or average");
    return tensor;
  }
  float *Average(Context &context, int list, long i, int64_t size) const {
    return averages ? static_cast<float *>(Listed(context, list, i, size).data) : nullptr;
  }
  static float *Written(const Input &input) { return static_cast<float *>(input.data); }

  long count, averages;
};

struct AdamWOp : Update {
  using Update::Update;
  void Compute(Context &context) const {
    const Input hyper = Parameters(context, 8);
    const float *const decays = context.In(1).floats(), *const scales = context.In(2).floats();
    std::vector<AdamWTensor> tensors;
    for (long i = 0; i < count; i++) {
      const Input p = Listed(context, 0, i, -1);
      tensors.push_back({Written(p), Listed(context, 1, i, p.count).floats(), Written(Listed(context, 2, i, p.count)),
                         Written(Listed(context, 3, i, p.count)), Average(context, 4, i, p.count),
                         static_cast<long>(p.count), decays[i], scales[i]});
    }
    float *const done = context.Out(0, {});
    AdamW(hyper.floats(), tensors.data(), count);
    *done = 0;
  }
};

struct SgdOp : Update {
  explicit SgdOp(const Attributes &attributes) : Update(attributes), nesterov(attributes.Int("nesterov") != 0) {}
  void Compute(Context &context) const {
    const Input hyper = Parameters(context, 4);
    const float *const decays = context.In(1).floats(), *const scales = context.In(2).floats();
    std::vector<SgdTensor> tensors;
    for (long i = 0; i < count; i++) {
      const Input p = Listed(context, 0, i, -1);
      tensors.push_back({Written(p), Listed(context, 1, i, p.count).floats(), Written(Listed(context, 2, i, p.count)),
                         Average(context, 3, i, p.count), static_cast<long>(p.count), decays[i], scales[i]});
    }
    float *const done = context.Out(0, {});
    Sgd(hyper.floats(), nesterov, tensors.data(), count);
    *done = 0;
  }
  bool nesterov;
};

}  // namespace

void RegisterTraining() {
  Register<CrossEntropy>({"SoftmaxCrossEntropy",
                          {"logits: float", "targets: float"},
                          {"loss: float", "dlogits: float"},
                          {}});
  Register<AdamWOp>({"AdamW",
                     {"hyper: float", "weight_decay: float", "rate_scale: float", "p_inout: N * float", "g: N * float",
                      "m_inout: N * float", "v_inout: N * float", "average_inout: E * float"},
                     {"done: float"},
                     {"N: int >= 1", "E: int >= 0"},
                     true});
  Register<SgdOp>({"Sgd",
                   {"hyper: float", "weight_decay: float", "rate_scale: float", "p_inout: N * float", "g: N * float",
                    "momentum_inout: N * float", "average_inout: E * float"},
                   {"done: float"},
                   {"N: int >= 1", "E: int >= 0", "nesterov: int"},
                   true});
}

}  // namespace ablate
