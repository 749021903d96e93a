// Ops: attention inside (shifted) windows, between its two linear layers, and its gradient.
#include "kernels.h"
#include "op.h"

namespace ablate {
namespace {

// qkv is [N, H, W, 3 C], the bias [heads, window^2, window^2].
struct WindowAttention {
  explicit WindowAttention(const Attributes &attributes)
      : heads(attributes.Int("heads")), window(attributes.Int("window")), shift(attributes.Int("shift")) {
    Require(heads >= 1 && window >= 1, "there must be at least one head, and a window of at least one position");
    Require(shift >= 0 && shift < window, "the shift must be at least 0 and less than the window");
  }
  Attention Check(const Input &qkv, const Input &bias) const {
    Require(qkv.rank() == 4 && qkv.dims[3] > 0 && qkv.dims[3] % (3 * heads) == 0,
            "queries, keys and values must be [N, H, W, 3 C] with C a multiple of the heads");
    Require(qkv.dims[1] % window == 0 && qkv.dims[2] % window == 0, "the windows do not divide the map");
    Require(bias.dims == Dims({heads, window * window, window * window}),
            "the bias must be [heads, window^2, window^2]");
    return {qkv.dims[0], qkv.dims[1], qkv.dims[2], qkv.dims[3] / 3, heads, window, shift};
  }
  // `times`: products of each position with its window's, for each of its channels.
  static void Count(Context &context, const Attention &d, int times) {
    context.Products(1.0 * times * d.N * d.H * d.W * d.window * d.window * d.C);
  }
  long heads, window, shift;
};

template <class T>
struct WindowAttentionOp : WindowAttention {
  using WindowAttention::WindowAttention;
  void Compute(Context &context) const {
    const Input qkv = context.In(0), bias = context.In(1);
    const Attention d = Check(qkv, bias);
    Count(context, d, 2);
    T *const y = context.Out<T>(0, {d.N, d.H, d.W, d.C});
    if (!qkv.empty()) AttentionForward(qkv.of<T>(), bias.floats(), d, y);
  }
  static void Shapes(ShapeContext &shapes) {
    const int64_t channels = shapes.Dim(0, 3);
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(0, 1), shapes.Dim(0, 2), channels < 0 ? -1 : channels / 3});
  }
};

template <class T>
struct WindowAttentionGradientOp : WindowAttention {
  using WindowAttention::WindowAttention;
  void Compute(Context &context) const {
    const Input dy = context.In(0), qkv = context.In(1), bias = context.In(2);
    const Attention d = Check(qkv, bias);
    Require(dy.dims == Dims({d.N, d.H, d.W, d.C}), "dy must be [N, H, W, C]");
    Count(context, d, 4);
    T *const dqkv = context.Out<T>(0, qkv.dims);
    float *const dbias = context.Out(1, bias.dims);
    AttentionBackward(dy.of<T>(), qkv.of<T>(), bias.floats(), d, dqkv, dbias);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 1);
    shapes.Same(1, 2);
  }
};

}  // namespace

void RegisterAttention() {
  const std::vector<const char *> attributes = {"heads: int", "window: int", "shift: int"};
  RegisterBoth<WindowAttentionOp>({"WindowAttention", {"qkv: T", "bias: float"}, {"y: T"}, attributes});
  RegisterBoth<WindowAttentionGradientOp>({"WindowAttentionGradient",
                                           {"dy: T", "qkv: T", "bias: float"},
                                           {"dqkv: T", "dbias: float"},
                                           attributes});
}

}  // namespace ablate
