#ifndef ABLATE_KERNELS_UNROLL_H_
#define ABLATE_KERNELS_UNROLL_H_

#include <utility>

#include "vector.h"

namespace ablate {

template <class Body, int... I>
ABLATE_INLINE void UnrollOver(const Body &body, std::integer_sequence<int, I...>) {
  (body(std::integral_constant<int, I>{}), ...);
}

// body(0) ... body(N - 1), each with its number as a constant.
template <int N, class Body>
ABLATE_INLINE void Unroll(const Body &body) {
  UnrollOver(body, std::make_integer_sequence<int, N>{});
}

// body(i, width) for N vectors, each with its number as a constant; the last may be a part of one.
template <int N, class Last, class Body>
ABLATE_INLINE void EachOf(Last last, const Body &body) {
  Unroll<N - 1>([&](auto i) ABLATE_INLINE_LAMBDA { body(i, Full{}); });
  body(std::integral_constant<int, N - 1>{}, last);
}

}  // namespace ablate

#endif
