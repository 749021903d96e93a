// Ops: dense convolution with a bias and an activation, and its gradients. A matrix product is one of kernel 1.
#include "window.h"
#include "winograd.h"

namespace ablate {
namespace {

// The kernel is [k, k, C, O], the map [N, H, W, C].
template <class T>
struct Dense : WindowAttributes {
  explicit Dense(const Attributes &attributes)
      : WindowAttributes(attributes),
        precision(PrecisionOf(attributes.Int("pieces"))) {}
  // Of so many pieces of bfloat16 that factors are made of; none: they are floats.
  static Precision PrecisionOf(int64_t pieces) {
    Require(pieces >= 0 && pieces <= 2, "factors must be floats, or have one or two pieces");
    if (kType<T> == TF_BFLOAT16 || pieces == 1) return Precision::kBfloat16;
    return pieces == 2 ? Precision::kBfloat16x3 : Precision::kFloat32;
  }
  Window Check(const Dims &map, const Dims &kernel) const {
    Require(kernel.size() == 4 && kernel[0] == kernel[1], "the kernel must be [k, k, C, O]");
    const Window window = Over(map, kernel[0]);
    Require(window.C > 0 && kernel[2] == window.C, "the kernel and the map differ in channels");
    Require(DenseServes(kernel[0], stride), "the kernel must be at most 16");
    return window;
  }
  void Count(Context &context, const Window &d, long O) const {
    const bool filtered = std::is_same_v<T, float> && WinogradServes(d, O, precision);  // in float32
    const Precision factors = filtered ? Precision::kFloat32 : precision;
    context.Products(1.0 * d.N * d.OH * d.OW * d.kernel * d.kernel * d.C * O * Sections(factors), factors);
  }
  Precision precision;
};

template <class T, Activation A>
struct DenseOp : Dense<T> {
  using Dense<T>::Dense;
  void Compute(Context &context) const {
    const Input x = context.In(0), kernel = context.In(1), bias = context.In(2), extent = context.In(3);
    const Window window = this->Check(x.dims, kernel.dims);
    RequireExtent(extent, window.OH, window.OW);
    const int64_t O = kernel.dims[3];
    Require(bias.empty() || bias.count == O, "bias must be empty or have one value an output channel");
    const Dims dims = {window.N, window.OH, window.OW, O};
    this->Count(context, window, O);
    T *const y = context.Out<T>(0, dims), *const before = A == Activation::kGelu ? context.Out<T>(1, dims) : nullptr;
    DenseForward<A>(x.of<T>(), kernel.floats(), bias.empty() ? nullptr : bias.floats(), window, O, this->precision, before,
                    y);
  }
  static void Shapes(ShapeContext &shapes) {
    for (int output = 0; output < (A == Activation::kGelu ? 2 : 1); output++) {
      shapes.Set(output, {shapes.Dim(0, 0), shapes.Dim(3, 1), shapes.Dim(3, 2), shapes.Dim(1, 3)});
    }
  }
};

template <class T>
struct DenseInputOp : Dense<T> {
  using Dense<T>::Dense;
  void Compute(Context &context) const { Into(context, nullptr); }
  void Into(Context &context, const Input *onto) const {
    const Input dy = context.In(0), kernel = context.In(1), extent = context.In(2);
    Require(dy.rank() == 4 && extent.rank() == 3 && kernel.rank() == 4,
            "dy must be [N, H, W, O], the kernel [k, k, C, O] and extent [0, height, width]");
    const Window window = this->Check({dy.dims[0], extent.dims[1], extent.dims[2], kernel.dims[2]}, kernel.dims);
    Require(dy.dims == Dims({window.N, window.OH, window.OW, kernel.dims[3]}), "dy does not fit the map and the kernel");
    this->Count(context, window, kernel.dims[3]);
    const Dims dims = {window.N, window.H, window.W, window.C};
    Require(!onto || onto->dims == dims, "what is added must have the map's shape");
    // Sums of floats begin in the output itself.
    const bool in_place = onto && kType<T> == TF_BFLOAT16;
    T *const dx = in_place ? context.OutInPlaceOf<T>({3}, 0, dims) : context.Out<T>(0, dims);
    DenseInputGradient(dy.of<T>(), kernel.floats(), window, kernel.dims[3], this->precision, dx,
                       onto ? onto->of<T>() : nullptr);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(2, 1), shapes.Dim(2, 2), shapes.Dim(1, 2)});
  }
};

// Added to what another reader of the map gave.
template <class T>
struct DenseInputOntoOp : DenseInputOp<T> {
  using DenseInputOp<T>::DenseInputOp;
  void Compute(Context &context) const {
    const Input onto = context.In(3);
    this->Into(context, &onto);
  }
};

// `kernel` for its shape; `bias` empty where there is none.
template <class T>
struct DenseFilterOp : Dense<T> {
  using Dense<T>::Dense;
  void Compute(Context &context) const {
    const Input dy = context.In(0), x = context.In(1), kernel = context.In(2), bias = context.In(3);
    const Window window = this->Check(x.dims, kernel.dims);
    Require(dy.dims == Dims({window.N, window.OH, window.OW, kernel.dims[3]}), "dy does not fit the map and the kernel");
    Require(bias.empty() || bias.count == kernel.dims[3], "bias must be empty or have one value an output channel");
    this->Count(context, window, kernel.dims[3]);
    float *const dkernel = context.Out(0, kernel.dims), *const dbias = context.Out(1, bias.dims);
    DenseFilterGradient(dy.of<T>(), x.of<T>(), window, kernel.dims[3], this->precision, dkernel,
                        bias.empty() ? nullptr : dbias);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 2);
    shapes.Same(1, 3);
  }
};

std::vector<const char *> DenseAttributes() { return {"stride: int", "padding: int", "pieces: int"}; }

template <Activation A>
void RegisterWith(const std::string &activation, const std::vector<const char *> &outputs) {
  RegisterBoth<DenseOp, A>({"Dense" + activation,
                            {"x: T", "kernel: float", "bias: float", "extent: float"},
                            outputs,
                            DenseAttributes()});
}

}  // namespace

void RegisterDense() {
  RegisterWith<Activation::kNone>("", {"y: T"});
  RegisterWith<Activation::kRelu>("Relu", {"y: T"});
  RegisterWith<Activation::kGelu>("Gelu", {"y: T", "before: T"});
  const std::vector<const char *> attributes = DenseAttributes();
  RegisterBoth<DenseInputOp>({"DenseInputGradient", {"dy: T", "kernel: float", "extent: float"}, {"dx: T"}, attributes});
  RegisterBoth<DenseInputOntoOp>({"DenseInputGradientOnto",
                                  {"dy: T", "kernel: float", "extent: float", "onto: T"},
                                  {"dx: T"},
                                  attributes});
  RegisterBoth<DenseFilterOp>({"DenseFilterGradient",
                               {"dy: T", "x: T", "kernel: float", "bias: float"},
                               {"dkernel: float", "dbias: float"},
                               attributes});
}

}  // namespace ablate
