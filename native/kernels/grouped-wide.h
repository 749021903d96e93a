// Convolution in groups that are at least a vector wide on the side of the result, by the arguments of grouped.cc.
#ifndef ABLATE_KERNELS_GROUPED_WIDE_H_
#define ABLATE_KERNELS_GROUPED_WIDE_H_

#include "kernels.h"

namespace ablate {

void WideGroupedForward(const float *x, const float *w, const float *bias, const Window &, long groups, long O, float *y);
void WideGroupedInputGradient(const float *dy, const float *w, const Window &, long groups, long O, float *dx);
void WideGroupedFilterGradient(const float *dy, const float *x, const Window &, long groups, long O, float *dw);

}  // namespace ablate

#endif
