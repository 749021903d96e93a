// Ops: layer norm and batch norm.
#include "kernels.h"
#include "op.h"

namespace ablate {
namespace {

void RequireChannels(const Input &x, std::initializer_list<const Input *> parameters) {
  Require(x.channels() > 0, "the map has no channels");
  for (const Input *parameter : parameters) {
    Require(parameter->count == x.channels(), "each parameter and statistic must have one value a channel");
  }
}

template <class T>
struct LayerNorm {
  explicit LayerNorm(const Attributes &attributes) : epsilon(attributes.Float("epsilon")) {}
  void Compute(Context &context) const {
    const Input x = context.In(0), gamma = context.In(1), beta = context.In(2);
    RequireChannels(x, {&gamma, &beta});
    T *const y = context.Out<T>(0, x.dims);
    float *const mean = context.Out(1, {x.rows()}), *const rstd = context.Out(2, {x.rows()});
    LayerNormForward(x.of<T>(), gamma.floats(), beta.floats(), epsilon, y, mean, rstd, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    const int64_t rows = shapes.Rows(0);
    shapes.Set(1, {rows});
    shapes.Set(2, {rows});
  }
  float epsilon;
};

template <class T>
struct LayerNormGradient {
  explicit LayerNormGradient(const Attributes &) {}
  void Compute(Context &context) const { Into(context, nullptr); }
  void Into(Context &context, const Input *beta) const {
    const Input dy = context.In(0), x = context.In(1), gamma = context.In(2), mean = context.In(3), rstd = context.In(4);
    RequireChannels(x, {&gamma});
    Require(dy.dims == x.dims, "dy and x differ in shape");
    Require(mean.count == x.rows() && rstd.count == x.rows(), "mean and rstd must have one value a row");
    T *const dx = context.OutInPlaceOf<T>({0}, 0, x.dims);
    float *const dgamma = context.Out(1, {x.channels()}), *const dbeta = context.Out(2, {x.channels()});
    T *const y = beta ? context.OutInPlaceOf<T>({1}, 3, x.dims) : nullptr;
    LayerNormBackward(dy.of<T>(), x.of<T>(), gamma.floats(), beta ? beta->floats() : nullptr, mean.floats(),
                      rstd.floats(), dx, dgamma, dbeta, y, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    shapes.Same(1, 2);
    shapes.Same(2, 2);
  }
};

// Gives the forward pass's output again, in the place of its input.
template <class T>
struct LayerNormGradientAgain : LayerNormGradient<T> {
  using LayerNormGradient<T>::LayerNormGradient;
  void Compute(Context &context) const {
    const Input beta = context.In(5);
    RequireChannels(context.In(1), {&beta});
    this->Into(context, &beta);
  }
  static void Shapes(ShapeContext &shapes) {
    LayerNormGradient<T>::Shapes(shapes);
    shapes.Same(3, 1);
  }
};

struct BatchNormInputs {
  explicit BatchNormInputs(Context &context)
      : x(context.In(0)),
        gamma(context.In(1)),
        beta(context.In(2)),
        running_mean(context.In(3)),
        running_variance(context.In(4)) {
    RequireChannels(x, {&gamma, &beta, &running_mean, &running_variance});
    Require(x.count > 0, "the map is empty");
  }
  const Input x, gamma, beta, running_mean, running_variance;
};

// Where they go.
struct BatchStatistics {
  float *mean, *rstd;
  RunningStatistics running;
};

template <class T, Activation A>
struct BatchNorm {
  explicit BatchNorm(const Attributes &attributes)
      : epsilon(attributes.Float("epsilon")), momentum(attributes.Float("momentum")) {}
  void Compute(Context &context) const {
    const BatchNormInputs in(context);
    T *const y = context.Out<T>(0, in.x.dims);
    const BatchStatistics to = Statistics(context, in);
    BatchNormForward<A>(in.x.of<T>(), in.gamma.floats(), in.beta.floats(), epsilon, to.running, y, to.mean, to.rstd,
                        in.x.rows(), in.x.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    for (int output = 1; output <= 4; output++) shapes.Same(output, 1);
  }

 protected:
  BatchStatistics Statistics(Context &context, const BatchNormInputs &in) const {
    float *given[4];
    for (int i = 0; i < 4; i++) given[i] = context.Out(1 + i, {in.x.channels()});
    return {given[0], given[1], {in.running_mean.floats(), in.running_variance.floats(), given[2], given[3], momentum}};
  }
  float epsilon, momentum;
};

// `keep` may be empty.
template <class T, Activation A>
struct BatchNormResidual : BatchNorm<T, A> {
  using BatchNorm<T, A>::BatchNorm;
  void Compute(Context &context) const {
    const BatchNormInputs in(context);
    const Input shortcut = context.In(5), keep = context.In(6);
    const Input &x = in.x;
    Require(x.rank() > 0, "the branch has no dimensions");
    Require(shortcut.dims == x.dims, "shortcut and branch differ in shape");
    Require(keep.empty() || keep.count == x.dims[0], "keep must be empty or have one value a sample");
    T *const y = context.OutInPlaceOf<T>({5}, 0, x.dims);
    const BatchStatistics to = this->Statistics(context, in);
    BatchNormResidualForward<A>(x.of<T>(), in.gamma.floats(), in.beta.floats(), this->epsilon, to.running,
                                shortcut.of<T>(), keep.empty() ? nullptr : keep.floats(), x.dims[0], y, to.mean, to.rstd,
                                x.rows(), x.channels());
  }
};

template <class T, Activation A>
struct BatchNormGradient {
  explicit BatchNormGradient(const Attributes &attributes) : frozen(attributes.Int("frozen") != 0) {}
  void Compute(Context &context) const { Into(context, false); }
  void Into(Context &context, bool again) const {
    const Input dy = context.In(0), x = context.In(1), gamma = context.In(2), beta = context.In(3);
    const Input mean = context.In(4), rstd = context.In(5);
    RequireChannels(x, {&gamma, &beta, &mean, &rstd});
    Require(dy.dims == x.dims, "dy and x differ in shape");
    // GELU's gradient reads x after it has begun dx.
    T *const dx = A == Activation::kGelu || again ? context.OutInPlaceOf<T>({0}, 0, x.dims)
                                                  : context.OutInPlaceOf<T>({0, 1}, 0, x.dims);
    float *const dgamma = context.Out(1, {x.channels()}), *const dbeta = context.Out(2, {x.channels()});
    T *const y = again ? context.OutInPlaceOf<T>({1}, 3, x.dims) : nullptr;
    BatchNormBackward<A>(dy.of<T>(), x.of<T>(), gamma.floats(), beta.floats(), mean.floats(), rstd.floats(), frozen,
                         dx, dgamma, dbeta, y, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    shapes.Same(1, 2);
    shapes.Same(2, 2);
  }
  bool frozen;
};

template <class T, Activation A>
struct BatchNormGradientAgain : BatchNormGradient<T, A> {
  using BatchNormGradient<T, A>::BatchNormGradient;
  void Compute(Context &context) const { this->Into(context, true); }
  static void Shapes(ShapeContext &shapes) {
    BatchNormGradient<T, A>::Shapes(shapes);
    shapes.Same(3, 1);
  }
};

template <class T, Activation A>
struct BatchNormWithRunning {
  explicit BatchNormWithRunning(const Attributes &attributes) : epsilon(attributes.Float("epsilon")) {}
  void Compute(Context &context) const {
    const Input x = context.In(0), gamma = context.In(1), beta = context.In(2);
    const Input mean = context.In(3), variance = context.In(4);
    RequireChannels(x, {&gamma, &beta, &mean, &variance});
    T *const y = context.OutInPlaceOf<T>({0}, 0, x.dims);
    BatchNormInference<A>(x.of<T>(), gamma.floats(), beta.floats(), mean.floats(), variance.floats(), epsilon, y,
                          x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
  float epsilon;
};

template <Activation A>
void RegisterBatchNorm(const std::string &activation) {
  const std::string name = "BatchNorm" + activation;
  const std::vector<const char *> inputs = {"x: T", "gamma: float", "beta: float", "running_mean: float",
                                            "running_variance: float"};
  const std::vector<const char *> outputs = {"y: T", "mean: float", "rstd: float", "next_running_mean: float",
                                             "next_running_variance: float"};
  const std::vector<const char *> attributes = {"epsilon: float", "momentum: float"};
  RegisterBoth<BatchNorm, A>({name, inputs, outputs, attributes});
  std::vector<const char *> with_shortcut = inputs;
  with_shortcut.insert(with_shortcut.end(), {"shortcut: T", "keep: float"});
  RegisterBoth<BatchNormResidual, A>({"BatchNormResidual" + activation, with_shortcut, outputs, attributes});
  RegisterBoth<BatchNormWithRunning, A>({name + "Inference", inputs, {"y: T"}, {"epsilon: float"}});
  const std::vector<const char *> kept = {"dy: T", "x: T", "gamma: float", "beta: float", "mean: float", "rstd: float"};
  RegisterBoth<BatchNormGradient, A>(
      {name + "Gradient", kept, {"dx: T", "dgamma: float", "dbeta: float"}, {"frozen: int"}});
  RegisterBoth<BatchNormGradientAgain, A>(
      {name + "GradientAgain", kept, {"dx: T", "dgamma: float", "dbeta: float", "y: T"}, {"frozen: int"}});
}

}  // namespace

void RegisterNorms() {
  RegisterBoth<LayerNorm>({"LayerNorm",
                           {"x: T", "gamma: float", "beta: float"},
                           {"y: T", "mean: float", "rstd: float"},
                           {"epsilon: float"}});
  RegisterBoth<LayerNormGradient>({"LayerNormGradient",
                                   {"dy: T", "x: T", "gamma: float", "mean: float", "rstd: float"},
                                   {"dx: T", "dgamma: float", "dbeta: float"},
                                   {}});
  RegisterBoth<LayerNormGradientAgain>(
      {"LayerNormGradientAgain",
       {"dy: T", "x: T", "gamma: float", "mean: float", "rstd: float", "beta: float"},
       {"dx: T", "dgamma: float", "dbeta: float", "y: T"},
       {}});
  RegisterBatchNorm<Activation::kNone>("");
  RegisterBatchNorm<Activation::kRelu>("Relu");
  RegisterBatchNorm<Activation::kGelu>("Gelu");
}

}  // namespace ablate
