// The gradient of a filter of several taps, of bfloat16 maps at stride 1: what is packed of a row of the map serves all taps
// that read it, of every row of them.
#ifndef ABLATE_KERNELS_TAP_FILTER_H_
#define ABLATE_KERNELS_TAP_FILTER_H_

#include "kernels.h"

namespace ablate {

bool TapFilterServes(const Window &, Precision);

// As DenseFilterGradient.
void TapFilterGradient(const Bfloat16 *dy, const Bfloat16 *x, const Window &, long O, float *dw, float *dbias);

}  // namespace ablate

#endif
