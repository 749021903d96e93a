// The same rows at stride 2. A file of their own, so that they compile beside the others.
#include "tile.h"

namespace ablate {

RowFunction StridedRow(int columns, long outputs) {
  switch (columns) {
    case 3: return FittingRow<3, 2>(outputs);
    case 5: return FittingRow<5, 2>(outputs);
    case 7: return FittingRow<7, 2>(outputs);
    case 9: return FittingRow<9, 2>(outputs);
    default: return FittingRow<11, 2>(outputs);
  }
}

}  // namespace ablate
