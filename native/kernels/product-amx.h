// The tiles of product.h by AMX, for factors of bfloat16; what they hold is for an AmxScope's thread.
#ifndef ABLATE_KERNELS_PRODUCT_AMX_H_
#define ABLATE_KERNELS_PRODUCT_AMX_H_

#include "product.h"

namespace ablate {

struct AmxSums {
  alignas(64) float of[kAmxRows][2 * kAmxPlaces];
};

// The sums of all runs' places, without what they start from.
void AmxRows(int rows, const RowsCall &call, AmxSums &sums);
// The sums over the call's positions.
void AmxOuter(const OuterCall &call, AmxSums &sums);
// As PackTerms, by sixteen places [kAmxRows][16].
template <class T>
void AmxPackTerms(const float *const *rows, long offset, long terms, long positions, float *packed, long apart);

}  // namespace ablate

#endif
