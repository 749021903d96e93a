// Ops: max pool and the average over positions.
#include "window.h"

namespace ablate {
namespace {

Dims OutputDims(const Window &w) { return {w.N, w.OH, w.OW, w.C}; }

template <class T>
struct MaxPool : WindowAttributes {
  explicit MaxPool(const Attributes &attributes) : WindowAttributes(attributes), kernel(attributes.Int("kernel")) {
    Require(kernel >= 1 && kernel <= 15, "the kernel must have 1 to 15 rows");
    Require(padding * 2 <= kernel, "padding must be at most half the kernel");
  }
  void Compute(Context &context) const {
    const Input x = context.In(0), extent = context.In(1);
    const Window window = Over(x.dims, kernel);
    RequireExtent(extent, window.OH, window.OW);
    T *const y = context.Out<T>(0, OutputDims(window));
    uint8_t *const at = context.OutBytes(1, OutputDims(window));
    MaxPoolForward(x.of<T>(), window, y, at);
  }
  static void Shapes(ShapeContext &shapes) {
    const Dims dims = {shapes.Dim(0, 0), shapes.Dim(1, 1), shapes.Dim(1, 2), shapes.Dim(0, 3)};
    shapes.Set(0, dims);
    shapes.Set(1, dims);
  }
  long kernel;
};

template <class T>
struct MaxPoolGradient : WindowAttributes {
  explicit MaxPoolGradient(const Attributes &attributes)
      : WindowAttributes(attributes), kernel(attributes.Int("kernel")) {}
  void Compute(Context &context) const {
    const Input dy = context.In(0), at = context.In(1), extent = context.In(2);
    Require(dy.rank() == 4 && extent.rank() == 3, "dy must be [N, H, W, C] and extent [0, height, width]");
    const Window window = Over({dy.dims[0], extent.dims[1], extent.dims[2], dy.dims[3]}, kernel);
    Require(dy.dims == OutputDims(window) && at.dims == dy.dims, "dy does not fit the map, the kernel and the stride");
    T *const dx = context.Out<T>(0, {window.N, window.H, window.W, window.C});
    MaxPoolBackward(dy.of<T>(), at.of<uint8_t>(), window, dx);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(2, 1), shapes.Dim(2, 2), shapes.Dim(0, 3)});
  }
  long kernel;
};

template <class T>
struct Average {
  explicit Average(const Attributes &) {}
  void Compute(Context &context) const {
    const Input x = context.In(0);
    Require(x.rank() == 4 && x.count > 0, "the map must be [N, H, W, C] and not empty");
    const Dims &d = x.dims;
    AverageForward(x.of<T>(), context.Out<T>(0, {d[0], d[3]}), d[0], d[1] * d[2], d[3]);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(0, 3)}); }
};

template <class T>
struct AverageGradient {
  explicit AverageGradient(const Attributes &) {}
  void Compute(Context &context) const {
    const Input dy = context.In(0), extent = context.In(1);
    Require(dy.rank() == 2 && extent.rank() == 3, "dy must be [N, C] and extent [0, height, width]");
    const long positions = extent.dims[1] * extent.dims[2];
    T *const dx = context.Out<T>(0, {dy.dims[0], extent.dims[1], extent.dims[2], dy.dims[1]});
    AverageBackward(dy.of<T>(), dx, dy.dims[0], positions, dy.dims[1]);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(1, 1), shapes.Dim(1, 2), shapes.Dim(0, 1)});
  }
};

}  // namespace

void RegisterPools() {
  const std::vector<const char *> attributes = {"stride: int", "padding: int", "kernel: int"};
  RegisterBoth<MaxPool>({"MaxPool", {"x: T", "extent: float"}, {"y: T", "at: uint8"}, attributes});
  RegisterBoth<MaxPoolGradient>({"MaxPoolGradient", {"dy: T", "at: uint8", "extent: float"}, {"dx: T"}, attributes});
  RegisterBoth<Average>({"Average", {"x: T"}, {"y: T"}, {}});
  RegisterBoth<AverageGradient>({"AverageGradient", {"dy: T", "extent: float"}, {"dx: T"}, {}});
}

}  // namespace ablate
