// Dense 3x3 convolutions of stride 1 with 16 products where the definition has 36: Winograd's minimal filtering
// F(2x2, 3x3) as of Lavin and Gray (arXiv 1509.09308). Two by two outputs come from a patch of 4x4; patch and filter are
// transformed to 16 components each, multiplied component by component, and transformed back. Rounding differs from the
// definition's by as much as another order of its sums does.
#ifndef ABLATE_KERNELS_WINOGRAD_H_
#define ABLATE_KERNELS_WINOGRAD_H_

#include "activation.h"
#include "kernels.h"

namespace ablate {

// Where it is faster: products are of float32 here, of bfloat16 they take half the time, and of pieces there are three for one.
bool WinogradServes(const Window &, long O, Precision);

// As the Dense functions of kernels.h.
template <Activation A>
void WinogradForward(const float *x, const float *w, const float *bias, const Window &, long O, float *before, float *y);
void WinogradInputGradient(const float *dy, const float *w, const Window &, long O, float *dx);
void WinogradFilterGradient(const float *dy, const float *x, const Window &, long O, float *dw, float *dbias);

}  // namespace ablate

#endif
