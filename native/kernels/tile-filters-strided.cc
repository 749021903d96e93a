// The same gradients at stride 2. A file of their own, so that they compile beside the others.
#include "tile.h"

namespace ablate {

FilterFunction StridedFilter(int kernel, long outputs) {
  switch (kernel) {
    case 3: return FittingFilter<3, 2>(outputs);
    case 5: return FittingFilter<5, 2>(outputs);
    case 7: return FittingFilter<7, 2>(outputs);
    case 9: return FittingFilter<9, 2>(outputs);
    default: return FittingFilter<11, 2>(outputs);
  }
}

}  // namespace ablate
