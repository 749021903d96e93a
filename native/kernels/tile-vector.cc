// The tiles of depthwise convolution, and groups narrower than a vector.
#include "tile.h"

namespace ablate {

RowFunction VectorRow(int columns, int stride, long outputs) {
  if (stride == 2) switch (columns) {
      case 3: return FittingRow<3, 2>(outputs);
      case 5: return FittingRow<5, 2>(outputs);
      case 7: return FittingRow<7, 2>(outputs);
      case 9: return FittingRow<9, 2>(outputs);
      default: return FittingRow<11, 2>(outputs);
    }
  switch (columns) {
    case 1: return FittingRow<1, 1>(outputs);
    case 2: return FittingRow<2, 1>(outputs);
    case 3: return FittingRow<3, 1>(outputs);
    case 4: return FittingRow<4, 1>(outputs);
    case 5: return FittingRow<5, 1>(outputs);
    case 6: return FittingRow<6, 1>(outputs);
    case 7: return FittingRow<7, 1>(outputs);
    case 9: return FittingRow<9, 1>(outputs);
    default: return FittingRow<11, 1>(outputs);
  }
}

FilterFunction VectorFilter(int kernel, int stride, long outputs) {
  if (stride == 2) switch (kernel) {
      case 3: return FittingFilter<3, 2>(outputs);
      case 5: return FittingFilter<5, 2>(outputs);
      case 7: return FittingFilter<7, 2>(outputs);
      case 9: return FittingFilter<9, 2>(outputs);
      default: return FittingFilter<11, 2>(outputs);
    }
  switch (kernel) {
    case 3: return FittingFilter<3, 1>(outputs);
    case 5: return FittingFilter<5, 1>(outputs);
    case 7: return FittingFilter<7, 1>(outputs);
    case 9: return FittingFilter<9, 1>(outputs);
    default: return FittingFilter<11, 1>(outputs);
  }
}

}  // namespace ablate
