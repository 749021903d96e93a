// Ops: depthwise and grouped convolution with a bias, and their gradients.
#include "window.h"

namespace ablate {
namespace {

// The kernel is [k, k, 1, C], the map [N, H, W, C].
struct Depthwise : WindowAttributes {
  using WindowAttributes::WindowAttributes;

  Window Check(const Dims &map, const Dims &kernel) const {
    Require(kernel.size() == 4 && kernel[0] == kernel[1] && kernel[2] == 1, "the kernel must be [k, k, 1, C]");
    const Window window = Over(map, kernel[0]);
    Require(kernel[3] == window.C, "the kernel and the map differ in channels");
    Require(DepthwiseServes(kernel[0], stride), "the kernel must be odd, from 3 to 11, and the stride 1 or 2");
    return window;
  }
  static void Count(Context &context, const Window &d) {
    context.Products(1.0 * d.N * d.OH * d.OW * d.kernel * d.kernel * d.C);
  }
};

template <class T>
struct DepthwiseOp : Depthwise {
  using Depthwise::Depthwise;
  void Compute(Context &context) const {
    const Input x = context.In(0), kernel = context.In(1), bias = context.In(2), extent = context.In(3);
    const Window window = Check(x.dims, kernel.dims);
    RequireExtent(extent, window.OH, window.OW);
    Require(bias.empty() || bias.count == window.C, "bias must be empty or have one value a channel");
    Count(context, window);
    T *const y = context.Out<T>(0, {window.N, window.OH, window.OW, window.C});
    DepthwiseForward(x.of<T>(), kernel.floats(), bias.empty() ? nullptr : bias.floats(), window, y);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(3, 1), shapes.Dim(3, 2), shapes.Dim(0, 3)});
  }
};

template <class T>
struct DepthwiseInputOp : Depthwise {
  using Depthwise::Depthwise;
  void Compute(Context &context) const {
    const Input dy = context.In(0), kernel = context.In(1), extent = context.In(2);
    Require(dy.rank() == 4 && extent.rank() == 3, "dy must be [N, H, W, C] and extent [0, height, width]");
    const Window window = Check({dy.dims[0], extent.dims[1], extent.dims[2], dy.dims[3]}, kernel.dims);
    Require(dy.dims == Dims({window.N, window.OH, window.OW, window.C}), "dy does not fit the map and the kernel");
    Count(context, window);
    T *const dx = context.Out<T>(0, {window.N, window.H, window.W, window.C});
    DepthwiseInputGradient(dy.of<T>(), kernel.floats(), window, dx);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(2, 1), shapes.Dim(2, 2), shapes.Dim(0, 3)});
  }
};

// `kernel` for its shape; `bias` empty where there is none.
template <class T>
struct DepthwiseFilterOp : Depthwise {
  using Depthwise::Depthwise;
  void Compute(Context &context) const {
    const Input dy = context.In(0), x = context.In(1), kernel = context.In(2), bias = context.In(3);
    const Window window = Check(x.dims, kernel.dims);
    Require(dy.dims == Dims({window.N, window.OH, window.OW, window.C}), "dy does not fit the map and the kernel");
    Count(context, window);
    float *const dkernel = context.Out(0, kernel.dims), *const dbias = context.Out(1, bias.dims);
    DepthwiseFilterGradient(dy.of<T>(), x.of<T>(), window, dkernel, bias.empty() ? nullptr : dbias);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Same(0, 2);
    shapes.Same(1, 3);
  }
};

// The kernel is [k, k, C / groups, O].
struct Grouped : WindowAttributes {
  explicit Grouped(const Attributes &attributes) : WindowAttributes(attributes), groups(attributes.Int("groups")) {
    Require(groups >= 1, "there must be at least one group");
  }
  Window Check(const Dims &map, const Dims &kernel) const {
    Require(kernel.size() == 4 && kernel[0] == kernel[1], "the kernel must be [k, k, C / groups, O]");
    const Window window = Over(map, kernel[0]);
    Require(window.C > 0 && window.C % groups == 0 && kernel[3] % groups == 0 && kernel[2] == window.C / groups,
            "the kernel's channels and the map's do not fall into the groups");
    Require(GroupedServes(kernel[0], stride), "the kernel must be 3, 5 or 7, and the stride 1 or 2");
    return window;
  }
  void Count(Context &context, const Window &d, long O) const {
    context.Products(1.0 * d.N * d.OH * d.OW * d.kernel * d.kernel * (d.C / groups) * O);
  }
  long groups;
};

template <class T>
struct GroupedOp : Grouped {
  using Grouped::Grouped;
  void Compute(Context &context) const {
    const Input x = context.In(0), kernel = context.In(1), bias = context.In(2), extent = context.In(3);
    const Window window = Check(x.dims, kernel.dims);
    RequireExtent(extent, window.OH, window.OW);
    Require(bias.empty() || bias.count == kernel.dims[3], "bias must be empty or have one value an output channel");
    Count(context, window, kernel.dims[3]);
    T *const y = context.Out<T>(0, {window.N, window.OH, window.OW, kernel.dims[3]});
    GroupedForward(x.of<T>(), kernel.floats(), bias.empty() ? nullptr : bias.floats(), window, groups, kernel.dims[3],
                   y);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(3, 1), shapes.Dim(3, 2), shapes.Dim(1, 3)});
  }
};

// `extent` is [0, height, width, C] of the input here, for neither dy nor the kernel says C.
template <class T>
struct GroupedInputOp : Grouped {
  using Grouped::Grouped;
  void Compute(Context &context) const {
    const Input dy = context.In(0), kernel = context.In(1), extent = context.In(2);
    Require(dy.rank() == 4 && extent.rank() == 4, "dy must be [N, H, W, O] and extent [0, height, width, C]");
    const Dims &size = extent.dims;
    const Window window = Check({dy.dims[0], size[1], size[2], size[3]}, kernel.dims);
    Require(dy.dims == Dims({window.N, window.OH, window.OW, kernel.dims[3]}), "dy does not fit the map and the kernel");
    Count(context, window, kernel.dims[3]);
    T *const dx = context.Out<T>(0, {window.N, window.H, window.W, window.C});
    GroupedInputGradient(dy.of<T>(), kernel.floats(), window, groups, kernel.dims[3], dx);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(2, 1), shapes.Dim(2, 2), shapes.Dim(2, 3)});
  }
};

// `kernel` for its shape.
template <class T>
struct GroupedFilterOp : Grouped {
  using Grouped::Grouped;
  void Compute(Context &context) const {
    const Input dy = context.In(0), x = context.In(1), kernel = context.In(2);
    const Window window = Check(x.dims, kernel.dims);
    Require(dy.dims == Dims({window.N, window.OH, window.OW, kernel.dims[3]}), "dy does not fit the map and the kernel");
    Count(context, window, kernel.dims[3]);
    GroupedFilterGradient(dy.of<T>(), x.of<T>(), window, groups, kernel.dims[3], context.Out(0, kernel.dims));
  }
  static void Shapes(ShapeContext &shapes) { shapes.Same(0, 2); }
};

}  // namespace

void RegisterConvolutions() {
  const std::vector<const char *> &attributes = WindowAttributes::names();
  RegisterBoth<DepthwiseOp>({"Depthwise", {"x: T", "kernel: float", "bias: float", "extent: float"}, {"y: T"}, attributes});
  RegisterBoth<DepthwiseInputOp>(
      {"DepthwiseInputGradient", {"dy: T", "kernel: float", "extent: float"}, {"dx: T"}, attributes});
  RegisterBoth<DepthwiseFilterOp>({"DepthwiseFilterGradient",
                                   {"dy: T", "x: T", "kernel: float", "bias: float"},
                                   {"dkernel: float", "dbias: float"},
                                   attributes});

  const std::vector<const char *> grouped = {"stride: int", "padding: int", "groups: int"};
  RegisterBoth<GroupedOp>({"Grouped", {"x: T", "kernel: float", "bias: float", "extent: float"}, {"y: T"}, grouped});
  RegisterBoth<GroupedInputOp>({"GroupedInputGradient", {"dy: T", "kernel: float", "extent: float"}, {"dx: T"}, grouped});
  RegisterBoth<GroupedFilterOp>(
      {"GroupedFilterGradient", {"dy: T", "x: T", "kernel: float"}, {"dkernel: float"}, grouped});
}

}  // namespace ablate
