// Ops: activations, bias with an activation, the end of a residual block.
#include "kernels.h"
#include "op.h"

namespace ablate {
namespace {

struct Plain {
  explicit Plain(const Attributes &) {}
};

template <Activation A>
struct ActivationOp : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input x = context.In(0);
    ActivationForward<A>(x.floats(), context.OutInPlaceOf({0}, 0, x.dims), x.count);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

template <Activation A>
struct ActivationGradient : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input dy = context.In(0), x = context.In(1);
    Require(dy.dims == x.dims, "dy and x differ in shape");
    ActivationBackward<A>(dy.floats(), x.floats(), context.OutInPlaceOf({0, 1}, 0, x.dims), x.count);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

template <Activation A>
struct Bias : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input x = context.In(0), bias = context.In(1);
    Require(bias.count == x.channels(), "bias must have one value a channel of x");
    float *const y = context.OutInPlaceOf({0}, 0, x.dims);
    BiasForward<A>(x.floats(), bias.floats(), y, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

// Without an activation the gradient of x is dy itself, and only the bias's is computed.
struct BiasSum : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input dy = context.In(0);
    float *const dbias = context.Out(0, {dy.channels()});
    BiasBackward<Activation::kNone>(dy.floats(), nullptr, nullptr, nullptr, dbias, dy.rows(), dy.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Set(0, {shapes.Dim(0, -1)}); }
};

template <Activation A>
struct BiasGradient : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input dy = context.In(0), x = context.In(1), bias = context.In(2);
    Require(dy.dims == x.dims, "dy and x differ in shape");
    Require(bias.count == x.channels(), "bias must have one value a channel of x");
    float *const dx = context.OutInPlaceOf({0, 1}, 0, x.dims);
    float *const dbias = context.Out(1, {x.channels()});
    BiasBackward<A>(dy.floats(), x.floats(), bias.floats(), dx, dbias, x.rows(), x.channels());
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 0);
    shapes.Set(1, {shapes.Dim(0, -1)});
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

template <Activation A>
struct Residual : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input shortcut = context.In(0), branch = context.In(1);
    Require(shortcut.dims == branch.dims, "shortcut and branch differ in shape");
    const ResidualScale scale = Scale(branch, context.In(2), context.In(3), context.In(4));
    float *const y = context.OutInPlaceOf({1, 0}, 0, branch.dims);
    ResidualForward<A>(shortcut.floats(), branch.floats(), scale, y, branch.rows(), branch.channels());
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 0); }
};

// at, shortcut and branch may be empty where the gradient does not need them. dgamma and dbias are as long as gamma
// and bias. What would be the same as another is empty: dshortcut without an activation (dy), dbranch without gamma and
// keep (dshortcut).
template <Activation A>
struct ResidualGradient : Plain {
  using Plain::Plain;
  void Compute(Context &context) const {
    const Input dy = context.In(0), at = context.In(1), shortcut = context.In(2), branch = context.In(3);
    const Input gamma = context.In(4), keep = context.In(5), bias = context.In(6);
    const ResidualScale scale = Scale(dy, gamma, keep, bias);
    Require(A != Activation::kRelu || at.dims == dy.dims, "dy and the output differ in shape");
    Require(A != Activation::kGelu || shortcut.dims == dy.dims, "dy and the shortcut differ in shape");
    const bool reads_branch = A == Activation::kGelu || !gamma.empty();
    Require(!reads_branch || branch.dims == dy.dims, "dy and the branch differ in shape");
    constexpr bool kShortcut = A != Activation::kNone;
    float *const dshortcut = kShortcut ? context.OutInPlaceOf({0}, 0, dy.dims) : context.Out(0, {0});
    const bool scaled = !gamma.empty() || !keep.empty();
    float *const dbranch = context.Out(1, scaled ? dy.dims : Dims{0});
    float *const dgamma = context.Out(2, gamma.dims), *const dbias = context.Out(3, bias.dims);
    ResidualBackward<A>(dy.floats(), at.floats(), shortcut.floats(), branch.floats(), scale,
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

template <Activation A>
void RegisterWith(const std::string &activation) {
  Register<Bias<A>>({"Bias" + activation, {"x: float", "bias: float"}, {"y: float"}, {}});
  Register<Residual<A>>({"Residual" + activation,
                         {"shortcut: float", "branch: float", "gamma: float", "keep: float", "bias: float"},
                         {"y: float"},
                         {}});
  Register<ResidualGradient<A>>({"Residual" + activation + "Gradient",
                                 {"dy: float", "at: float", "shortcut: float", "branch: float", "gamma: float",
                                  "keep: float", "bias: float"},
                                 {"dshortcut: float", "dbranch: float", "dgamma: float", "dbias: float"},
                                 {}});
  if (A == Activation::kNone) {
    Register<BiasSum>({"BiasGradient", {"dy: float"}, {"dbias: float"}, {}});
    return;
  }
  Register<BiasGradient<A>>({"Bias" + activation + "Gradient",
                             {"dy: float", "x: float", "bias: float"},
                             {"dx: float", "dbias: float"},
                             {}});
  Register<ActivationOp<A>>({activation, {"x: float"}, {"y: float"}, {}});
  Register<ActivationGradient<A>>({activation + "Gradient", {"dy: float", "x: float"}, {"dx: float"}, {}});
}

}  // namespace

void RegisterElementwise() {
  RegisterWith<Activation::kNone>("");
  RegisterWith<Activation::kRelu>("Relu");
  RegisterWith<Activation::kGelu>("Gelu");
}

}  // namespace ablate
