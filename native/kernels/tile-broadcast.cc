// Tiles that read one channel's value for all lanes: groups as wide as a vector or wider.
#include "tile.h"

namespace ablate {

namespace {
constexpr Read kRead = Read::kBroadcast;
}

RowFunction BroadcastRow(int columns, int stride, long outputs) {
  if (stride == 2) switch (columns) {
      case 3: return FittingRow<3, 2, kRead>(outputs);
      case 5: return FittingRow<5, 2, kRead>(outputs);
      default: return FittingRow<7, 2, kRead>(outputs);
    }
  switch (columns) {
    case 1: return FittingRow<1, 1, kRead>(outputs);
    case 2: return FittingRow<2, 1, kRead>(outputs);
    case 3: return FittingRow<3, 1, kRead>(outputs);
    case 4: return FittingRow<4, 1, kRead>(outputs);
    case 5: return FittingRow<5, 1, kRead>(outputs);
    default: return FittingRow<7, 1, kRead>(outputs);
  }
}

FilterFunction BroadcastFilter(int kernel, int stride, long outputs) {
  if (stride == 2) switch (kernel) {
      case 3: return FittingFilter<3, 2, kRead>(outputs);
      case 5: return FittingFilter<5, 2, kRead>(outputs);
      default: return FittingFilter<7, 2, kRead>(outputs);
    }
  switch (kernel) {
    case 3: return FittingFilter<3, 1, kRead>(outputs);
    case 5: return FittingFilter<5, 1, kRead>(outputs);
    default: return FittingFilter<7, 1, kRead>(outputs);
  }
}

}  // namespace ablate
