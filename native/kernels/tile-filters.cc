// The gradients of filters of depthwise convolution, and of groups narrower than a vector, at stride 1.
#include "tile.h"

namespace ablate {

FilterFunction VectorFilter(int kernel, int stride, long outputs) {
  if (stride == 2) return StridedFilter(kernel, outputs);
  switch (kernel) {
    case 3: return FittingFilter<3, 1>(outputs);
    case 5: return FittingFilter<5, 1>(outputs);
    case 7: return FittingFilter<7, 1>(outputs);
    case 9: return FittingFilter<9, 1>(outputs);
    default: return FittingFilter<11, 1>(outputs);
  }
}

}  // namespace ablate
