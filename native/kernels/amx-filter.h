// The gradient of a dense convolution's filter by AMX: slopes, transposed, times what each tap reads of the map. Of the map
// two neighbouring steps share a place; taps that begin with the second of two read a copy that is paired the other way.
#ifndef ABLATE_KERNELS_AMX_FILTER_H_
#define ABLATE_KERNELS_AMX_FILTER_H_

#include "band.h"

namespace ablate {

// As DenseFilterGradient, of a map that is read in bfloat16 or in pieces of it. C: channels of the map.
template <class T>
void AmxFilterGradient(const T *dy, Grid grid, long C, long O, float *dw, float *dbias);

}  // namespace ablate

#endif
