// The transforms of Winograd's filtering F(2x2, 3x3), each the same along both axes.
#ifndef ABLATE_KERNELS_WINOGRAD_TRANSFORM_H_
#define ABLATE_KERNELS_WINOGRAD_TRANSFORM_H_

#include "unroll.h"
#include "vector.h"

namespace ablate {

// Each of these is one along one axis.
struct OfPatch {
  static constexpr int kFrom = 4, kTo = 4;
  ABLATE_INLINE static void Apply(const Vec *d, Vec *to) {
    to[0] = d[0] - d[2];
    to[1] = d[1] + d[2];
    to[2] = d[2] - d[1];
    to[3] = d[1] - d[3];
  }
};
struct OfFilter {
  static constexpr int kFrom = 3, kTo = 4;
  ABLATE_INLINE static void Apply(const Vec *g, Vec *to) {
    const Vec sides = (g[0] + g[2]) * 0.5f, middle = g[1] * 0.5f;
    to[0] = g[0];
    to[1] = sides + middle;
    to[2] = sides - middle;
    to[3] = g[2];
  }
};
struct ToOutputs {
  static constexpr int kFrom = 4, kTo = 2;
  ABLATE_INLINE static void Apply(const Vec *m, Vec *to) {
    to[0] = m[0] + m[1] + m[2];
    to[1] = m[1] - m[2] - m[3];
  }
};
struct OfSlopes {
  static constexpr int kFrom = 2, kTo = 4;
  ABLATE_INLINE static void Apply(const Vec *dy, Vec *to) {
    to[0] = dy[0];
    to[1] = dy[0] + dy[1];
    to[2] = dy[0] - dy[1];
    to[3] = -dy[1];
  }
};
struct ToFilter {
  static constexpr int kFrom = 4, kTo = 3;
  ABLATE_INLINE static void Apply(const Vec *s, Vec *to) {
    const Vec half = (s[1] + s[2]) * 0.5f;
    to[0] = s[0] + half;
    to[1] = (s[1] - s[2]) * 0.5f;
    to[2] = half + s[3];
  }
};

// Both axes: put(i, component) for what get(i) gives.
template <class Axis, class Get, class Put>
ABLATE_INLINE void Transform(const Get &get, const Put &put) {
  constexpr int kFrom = Axis::kFrom, kTo = Axis::kTo;
  Vec half[kTo][kFrom];
  Unroll<kFrom>([&](auto column) ABLATE_INLINE_LAMBDA {
    Vec from[kFrom], to[kTo];
    Unroll<kFrom>([&](auto row) ABLATE_INLINE_LAMBDA { from[row] = get(row * kFrom + column); });
    Axis::Apply(from, to);
    Unroll<kTo>([&](auto row) ABLATE_INLINE_LAMBDA { half[row][column] = to[row]; });
  });
  Unroll<kTo>([&](auto row) ABLATE_INLINE_LAMBDA {
    Vec to[kTo];
    Axis::Apply(half[row], to);
    Unroll<kTo>([&](auto column) ABLATE_INLINE_LAMBDA { put(row * kTo + column, to[column]); });
  });
}

}  // namespace ablate

#endif
