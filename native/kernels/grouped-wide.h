// Convolution in groups that are at least a vector wide on the side of the result, by the arguments of grouped.cc.
#ifndef ABLATE_KERNELS_GROUPED_WIDE_H_
#define ABLATE_KERNELS_GROUPED_WIDE_H_

#include "kernels.h"

namespace ablate {

template <class T>
void WideGroupedForward(const T *x, const float *w, const float *bias, const Window &, long groups, long O, T *y);
template <class T>
void WideGroupedInputGradient(const T *dy, const float *w, const Window &, long groups, long O, T *dx);
template <class T>
void WideGroupedFilterGradient(const T *dy, const T *x, const Window &, long groups, long O, float *dw);

}  // namespace ablate

#endif
