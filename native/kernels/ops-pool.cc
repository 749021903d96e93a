// Ops: max pool and the average over positions.
#include "window.h"

namespace ablate {
namespace {

Dims OutputDims(const Window &w) { return {w.N, w.OH, w.OW, w.C}; }

struct MaxPool : WindowAttributes {
  explicit MaxPool(const Attributes &attributes) : WindowAttributes(attributes), kernel(attributes.Int("kernel")) {
    Require(kernel >= 1 && kernel <= 15, "the kernel must have 1 to 15 rows");
    Require(padding * 2 <= kernel, "padding must be at most half the kernel");
  }
  void Compute(Context &context) const {
    const Input x = context.In(0), extent = context.In(1);
    const Window window = Over(x.dims, kernel);
    RequireExtent(extent, window.OH, window.OW);
    float *const y = context.Out(0, OutputDims(window));
    uint8_t *const at = context.OutBytes(1, OutputDims(window));
    MaxPoolForward(x.floats(), window, y, at);
  }
  static void Shapes(ShapeContext &shapes) {
    const Dims dims = {shapes.Dim(0, 0), shapes.Dim(1, 1), shapes.Dim(1, 2), shapes.Dim(0, 3)};
    shapes.Set(0, dims);
    shapes.Set(1, dims);
  }
  long kernel;
};

struct MaxPoolGradient : WindowAttributes {
  explicit MaxPoolGradient(const Attributes &attributes)
      : WindowAttributes(attributes), kernel(attributes.Int("kernel")) {}
  void Compute(Context &context) const {
    const Input dy = context.In(0), at = context.In(1), extent = context.In(2);
    Require(dy.rank() == 4 && extent.rank() == 3, "dy must be [N, H, W, C] and extent [0, height, width]");
    const Window window = Over({dy.dims[0], extent.dims[1], extent.dims[2], dy.dims[3]}, kernel);
    Require(dy.dims == OutputDims(window) && at.dims == dy.dims, "dy does not fit the map, the kernel and the stride");
    float *const dx = context.Out(0, {window.N, window.H, window.W, window.C});
    MaxPoolBackward(dy.floats(), static_cast<const uint8_t *>(at.data), window, dx);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(2, 1), shapes.Dim(2, 2), shapes.Dim(0, 3)});
  }
  long kernel;
};

struct Average {
  explicit Average(const Attributes &) {}
  void Compute(Context &context) const {
    const Input x = context.In(0);
    Require(x.rank() == 4 && x.count > 0, "the map must be [N, H, W, C] and not empty");
    const Dims &d = x.dims;
    AverageForward(x.floats(), context.Out(0, {d[0], d[3]}), d[0], d[1] * d[2], d[3]);
  }
  static void Shapes(ShapeContext &shapes) { shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(0, 3)}); }
};

struct AverageGradient {
  explicit AverageGradient(const Attributes &) {}
  void Compute(Context &context) const {
    const Input dy = context.In(0), extent = context.In(1);
    Require(dy.rank() == 2 && extent.rank() == 3, "dy must be [N, C] and extent [0, height, width]");
    const long positions = extent.dims[1] * extent.dims[2];
    float *const dx = context.Out(0, {dy.dims[0], extent.dims[1], extent.dims[2], dy.dims[1]});
    AverageBackward(dy.floats(), dx, dy.dims[0], positions, dy.dims[1]);
  }
  static void Shapes(ShapeContext &shapes) {
    shapes.Set(0, {shapes.Dim(0, 0), shapes.Dim(1, 1), shapes.Dim(1, 2), shapes.Dim(0, 1)});
  }
};

}  // namespace

void RegisterPools() {
  const std::vector<const char *> attributes = {"stride: int", "padding: int", "kernel: int"};
  Register<MaxPool>({"MaxPool", {"x: float", "extent: float"}, {"y: float", "at: uint8"}, attributes});
  Register<MaxPoolGradient>(
      {"MaxPoolGradient", {"dy: float", "at: uint8", "extent: float"}, {"dx: float"}, attributes});
  Register<Average>({"Average", {"x: float"}, {"y: float"}, {}});
  Register<AverageGradient>({"AverageGradient", {"dy: float", "extent: float"}, {"dx: float"}, {}});
}

}  // namespace ablate
