// The rows of depthwise convolution, and of groups narrower than a vector, at stride 1.
#include "tile.h"

namespace ablate {

RowFunction VectorRow(int columns, int stride, long outputs) {
  if (stride == 2) return StridedRow(columns, outputs);
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

}  // namespace ablate
