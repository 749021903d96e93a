// The geometry of ops with windows. Shape functions of the C ABI cannot read attributes, so such an op gets `extent`, an
// empty tensor [0, height, width], whose shape says what its result's height and width are.
#ifndef ABLATE_KERNELS_WINDOW_H_
#define ABLATE_KERNELS_WINDOW_H_

#include "kernels.h"
#include "op.h"

namespace ablate {

struct WindowAttributes {
  explicit WindowAttributes(const Attributes &attributes)
      : stride(attributes.Int("stride")), padding(attributes.Int("padding")) {
    Require(stride >= 1 && padding >= 0, "stride must be at least 1 and padding at least 0");
  }
  static const std::vector<const char *> &names() {
    static const std::vector<const char *> names = {"stride: int", "padding: int"};
    return names;
  }

  // A map [N, H, W, C] under a square kernel.
  Window Over(const Dims &map, int64_t kernel) const {
    Require(map.size() == 4, "the map must be [N, H, W, C]");
    Require(kernel >= 1, "the kernel must have at least one row");
    const long H = map[1] + 2 * padding, W = map[2] + 2 * padding;
    Require(H >= kernel && W >= kernel, "the kernel is larger than the padded map");
    return {map[0],  map[1], map[2], map[3], (H - kernel) / stride + 1, (W - kernel) / stride + 1,
            kernel, stride, padding};
  }

  long stride, padding;
};

inline void RequireExtent(const Input &extent, int64_t height, int64_t width) {
  Require(extent.dims == Dims({0, height, width}), "extent must be [0, height, width] of the result");
}

}  // namespace ablate

#endif
