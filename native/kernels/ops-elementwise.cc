// Ops: activations, bias with an activation, the end of a residual block.
#include "kernels.h"
#include "op.h"

namespace ablate {
namespace {

template <class T>
struct Plain {
  explicit Plain(const Attributes &) {}
};

template <class T, Activation A>
struct ActivationOp : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const {
    const Input x = context.In(0);
    ActivationForward<A>(x.of<T>(), context.OutInPlaceOf<T>({0}, 0, x.dims), x.count);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

template <class T, Activation A>
struct ActivationGradient : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const { Into(context, false); }
  void Into(Context &context, bool again) const {
    const Input dy = context.In(0), x = context.In(1);
    Require(dy.dims == x.dims, "dy and x differ in shape");
    T *const dx = again ? context.OutInPlaceOf<T>({0}, 0, x.dims) : context.OutInPlaceOf<T>({0, 1}, 0, x.dims);
    T *const y = again ? context.OutInPlaceOf<T>({1}, 1, x.dims) : nullptr;
    ActivationBackward<A>(dy.of<T>(), x.of<T>(), dx, y, x.count);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

// Gives the forward pass's output again, in the place of its input.
template <class T, Activation A>
struct ActivationGradientAgain : ActivationGradient<T, A> {
  using ActivationGradient<T, A>::ActivationGradient;
  void Compute(Context &context) const { this->Into(context, true); }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    shapes.Same(1, 1);
  }
};

template <class T, Activation A>
struct Bias : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const {
    const Input x = context.In(0), bias = context.In(1);
    Require(bias.count == x.channels(), "bias must have one value a channel of x");
    T *const y = context.OutInPlaceOf<T>({0}, 0, x.dims);
    BiasForward<A>(x.of<T>(), bias.floats(), y, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

// Without an activation the gradient of x is dy itself, and only the bias's is computed.
template <class T>
struct BiasSum : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const {
    const Input dy = context.In(0);
    float *const dbias = context.Out(0, {dy.channels()});
    BiasBackward<Activation::kNone, T>(dy.of<T>(), nullptr, nullptr, nullptr, dbias, nullptr, dy.rows(), dy.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Set(0, {shapes.Dim(0, -1)}); }
};

template <class T, Activation A>
struct BiasGradient : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const { Into(context, false); }
  void Into(Context &context, bool again) const {
    const Input dy = context.In(0), x = context.In(1), bias = context.In(2);
    Require(dy.dims == x.dims, "dy and x differ in shape");
    Require(bias.count == x.channels(), "bias must have one value a channel of x");
    T *const dx = again ? context.OutInPlaceOf<T>({0}, 0, x.dims) : context.OutInPlaceOf<T>({0, 1}, 0, x.dims);
    float *const dbias = context.Out(1, {x.channels()});
    T *const y = again ? context.OutInPlaceOf<T>({1}, 2, x.dims) : nullptr;
    BiasBackward<A>(dy.of<T>(), x.of<T>(), bias.floats(), dx, dbias, y, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    shapes.Set(1, {shapes.Dim(0, -1)});
  }
};

template <class T, Activation A>
struct BiasGradientAgain : BiasGradient<T, A> {
  using BiasGradient<T, A>::BiasGradient;
  void Compute(Context &context) const { this->Into(context, true); }
  static void Shapes(ShapeContext &shapes) {
    BiasGradient<T, A>::Shapes(shapes);
    shapes.Same(2, 1);
  }
};

// gamma, keep and bias may be empty.
ResidualScale Scale(const Input &map, const Input &gamma, const Input &keep, const Input &bias) {
  Require(map.rank() > 0, "the branch has no dimensions");
  Require(gamma.empty() || gamma.count == map.channels(), "gamma must be empty or have one value a channel");
  Require(keep.empty() || keep.count == map.dims[0], "keep must be empty or have one value a sample");
  Require(bias.empty() || bias.count == map.channels(), "bias must be empty or have one value a channel");
  auto values = [](const Input &input) { return input.empty() ? nullptr : input.floats(); };
  return {values(gamma), values(keep), values(bias), map.dims[0]};
}

template <class T, Activation A>
struct Residual : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const {
    const Input shortcut = context.In(0), branch = context.In(1);
    Require(shortcut.dims == branch.dims, "shortcut and branch differ in shape");
    const ResidualScale scale = Scale(branch, context.In(2), context.In(3), context.In(4));
    T *const y = context.OutInPlaceOf<T>({1, 0}, 0, branch.dims);
    ResidualForward<A>(shortcut.of<T>(), branch.of<T>(), scale, y, branch.rows(), branch.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

// at, shortcut and branch may be empty where the gradient does not need them. dgamma and dbias are as long as gamma
// and bias. What would be the same as another is empty: dshortcut without an activation (dy), dbranch without gamma and
// keep (dshortcut).
template <class T, Activation A>
struct ResidualGradient : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const {
    const Input dy = context.In(0), at = context.In(1), shortcut = context.In(2), branch = context.In(3);
    const Input gamma = context.In(4), keep = context.In(5), bias = context.In(6);
    const ResidualScale scale = Scale(dy, gamma, keep, bias);
    Require(A != Activation::kRelu || at.dims == dy.dims, "dy and the output differ in shape");
    Require(A != Activation::kGelu || shortcut.dims == dy.dims, "dy and the shortcut differ in shape");
    const bool reads_branch = A == Activation::kGelu || !gamma.empty();
    Require(!reads_branch || branch.dims == dy.dims, "dy and the branch differ in shape");
    constexpr bool kShortcut = A != Activation::kNone;
    T *const dshortcut = kShortcut ? context.OutInPlaceOf<T>({0}, 0, dy.dims) : context.Out<T>(0, {0});
    const bool scaled = !gamma.empty() || !keep.empty();
    T *const dbranch = context.Out<T>(1, scaled ? dy.dims : Dims{0});
    float *const dgamma = context.Out(2, gamma.dims), *const dbias = context.Out(3, bias.dims);
    ResidualBackward<A>(dy.of<T>(), at.of<T>(), shortcut.of<T>(), branch.of<T>(), scale,
                        kShortcut ? dshortcut : nullptr, scaled ? dbranch : nullptr, gamma.empty() ? nullptr : dgamma,
                        bias.empty() ? nullptr : dbias, dy.rows(), dy.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    if (A == Activation::kNone) shapes.Set(0, {0});
    if (A != Activation::kNone) shapes.Same(0, 0);
    if (shapes.Dim(4, 0) == 0 && shapes.Dim(5, 0) == 0) shapes.Set(1, {0});
    if (shapes.Dim(4, 0) > 0 || shapes.Dim(5, 0) > 0) shapes.Same(1, 0);
    shapes.Same(2, 4);
    shapes.Same(3, 6);
  }
};

// What the tape adds where a map has two readers.
template <class T>
struct AddOp : Plain<T> {
  using Plain<T>::Plain;
  void Compute(Context &context) const {
    const Input a = context.In(0), b = context.In(1);
    Require(a.dims == b.dims, "a and b differ in shape");
    Add(a.of<T>(), b.of<T>(), context.OutInPlaceOf<T>({0, 1}, 0, a.dims), a.count);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

template <Activation A>
void RegisterWith(const std::string &activation) {
  RegisterBoth<Bias, A>({"Bias" + activation, {"x: T", "bias: float"}, {"y: T"}, {}});
  RegisterBoth<Residual, A>({"Residual" + activation,
                             {"shortcut: T", "branch: T", "gamma: float", "keep: float", "bias: float"},
                             {"y: T"},
                             {}});
  RegisterBoth<ResidualGradient, A>({"Residual" + activation + "Gradient",
                                     {"dy: T", "at: T", "shortcut: T", "branch: T", "gamma: float", "keep: float",
                                      "bias: float"},
                                     {"dshortcut: T", "dbranch: T", "dgamma: float", "dbias: float"},
                                     {}});
  if (A == Activation::kNone) return;
  RegisterBoth<BiasGradient, A>(
      {"Bias" + activation + "Gradient", {"dy: T", "x: T", "bias: float"}, {"dx: T", "dbias: float"}, {}});
  RegisterBoth<ActivationOp, A>({activation, {"x: T"}, {"y: T"}, {}});
  RegisterBoth<ActivationGradient, A>({activation + "Gradient", {"dy: T", "x: T"}, {"dx: T"}, {}});
  // ReLU's gradient is given the output itself.
  if (A != Activation::kGelu) return;
  RegisterBoth<BiasGradientAgain, A>(
      {"Bias" + activation + "GradientAgain", {"dy: T", "x: T", "bias: float"}, {"dx: T", "dbias: float", "y: T"}, {}});
  RegisterBoth<ActivationGradientAgain, A>({activation + "GradientAgain", {"dy: T", "x: T"}, {"dx: T", "y: T"}, {}});
}

}  // namespace

void RegisterElementwise() {
  RegisterWith<Activation::kNone>("");
  RegisterWith<Activation::kRelu>("Relu");
  RegisterWith<Activation::kGelu>("Gelu");
  RegisterBoth<BiasSum>({"BiasGradient", {"dy: T"}, {"dbias: float"}, {}});
  RegisterBoth<AddOp>({"Add", {"a: T", "b: T"}, {"y: T"}, {}});
}

}  // namespace ablate
