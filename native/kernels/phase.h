// The input gradient of a strided convolution falls into phases: row (or column) `at` of the input and every stride-th
// after it get their gradient from the same taps, as from a convolution of stride 1.
#ifndef ABLATE_KERNELS_PHASE_H_
#define ABLATE_KERNELS_PHASE_H_

#include "kernels.h"

namespace ablate {

struct Phase {
  int taps = 0;
  long padding = 0;
  int tap[16];  // in the order of the outputs that they come from
  Phase(long at, const Window &d) {
    for (long i = d.kernel - 1; i >= 0; i--) {
      if ((at + d.padding - i) % d.stride) continue;
      if (taps == 0) padding = -(at + d.padding - i) / d.stride;
      tap[taps++] = static_cast<int>(i);
    }
  }
};

}  // namespace ablate

#endif
