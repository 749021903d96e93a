// Float vectors as wide as the instruction set has them, by the vector extensions of gcc and clang. A body written over
// `Vectors(n, body)` runs on whole vectors and once on the rest, with loads and stores that touch nothing beyond it.
#ifndef ABLATE_KERNELS_VECTOR_H_
#define ABLATE_KERNELS_VECTOR_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace ablate {

constexpr long kLine = 16;  // floats of a cache line

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kRegisters = 32;
#elif defined(__AVX__)
constexpr int kWidth = 8;
constexpr int kRegisters = 16;
#else
constexpr int kWidth = 4;
constexpr int kRegisters = 16;
#endif

typedef float Vec __attribute__((vector_size(kWidth * 4), may_alias));
typedef float UnalignedVec __attribute__((vector_size(kWidth * 4), aligned(4), may_alias));
typedef int32_t IntVec __attribute__((vector_size(kWidth * 4), may_alias));

#define ABLATE_INLINE inline __attribute__((always_inline))
#define ABLATE_INLINE_LAMBDA __attribute__((always_inline))

// A whole vector's width, where an int is that of a rest.
using Full = std::integral_constant<int, kWidth>;

ABLATE_INLINE Vec Load(const float *p, Full = {}) { return *reinterpret_cast<const UnalignedVec *>(p); }
ABLATE_INLINE void Store(float *p, Vec v, Full = {}) { *reinterpret_cast<UnalignedVec *>(p) = v; }
ABLATE_INLINE Vec Broadcast(float s) { return s - Vec{}; }

#if defined(__AVX512F__)
ABLATE_INLINE __mmask16 FirstLanes(int n) { return static_cast<__mmask16>((1u << n) - 1); }
ABLATE_INLINE Vec Load(const float *p, int n) {
  return reinterpret_cast<Vec>(_mm512_maskz_loadu_ps(FirstLanes(n), p));
}
ABLATE_INLINE void Store(float *p, Vec v, int n) {
  _mm512_mask_storeu_ps(p, FirstLanes(n), reinterpret_cast<__m512>(v));
}
ABLATE_INLINE float Sum(Vec v) { return _mm512_reduce_add_ps(reinterpret_cast<__m512>(v)); }
ABLATE_INLINE float Greatest(Vec v) { return _mm512_reduce_max_ps(reinterpret_cast<__m512>(v)); }
ABLATE_INLINE Vec Sqrt(Vec v) { return reinterpret_cast<Vec>(_mm512_sqrt_ps(reinterpret_cast<__m512>(v))); }
ABLATE_INLINE Vec Round(Vec v) { return reinterpret_cast<Vec>(_mm512_roundscale_ps(reinterpret_cast<__m512>(v), 8)); }
#else
ABLATE_INLINE Vec Load(const float *p, int n) {
  Vec v = {};
  for (int i = 0; i < n; i++) v[i] = p[i];
  return v;
}
ABLATE_INLINE void Store(float *p, Vec v, int n) {
  for (int i = 0; i < n; i++) p[i] = v[i];
}
// Lanes are joined by halves: fewer steps wait for one another than from the first to the last.
template <class Join>
ABLATE_INLINE float Reduce(Vec v, const Join &join) {
  float lanes[kWidth];
  Store(lanes, v);
  for (int half = kWidth / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] = join(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}
ABLATE_INLINE float Sum(Vec v) {
  return Reduce(v, [](float a, float b) ABLATE_INLINE_LAMBDA { return a + b; });
}
ABLATE_INLINE float Greatest(Vec v) {
  return Reduce(v, [](float a, float b) ABLATE_INLINE_LAMBDA { return a > b ? a : b; });
}
#if defined(__AVX__)
ABLATE_INLINE Vec Sqrt(Vec v) { return reinterpret_cast<Vec>(_mm256_sqrt_ps(reinterpret_cast<__m256>(v))); }
ABLATE_INLINE Vec Round(Vec v) { return reinterpret_cast<Vec>(_mm256_round_ps(reinterpret_cast<__m256>(v), 8)); }
#else
ABLATE_INLINE Vec Sqrt(Vec v) {
  for (int i = 0; i < kWidth; i++) v[i] = sqrtf(v[i]);
  return v;
}
ABLATE_INLINE Vec Round(Vec v) {
  for (int i = 0; i < kWidth; i++) v[i] = nearbyintf(v[i]);
  return v;
}
#endif
#endif

// a * b + c, rounded once where the instruction set can: the same wherever it stands, unlike what a compiler contracts.
ABLATE_INLINE Vec Fma(Vec a, Vec b, Vec c) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vec>(
      _mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
#elif defined(__FMA__)
  return reinterpret_cast<Vec>(
      _mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
#else
  return a * b + c;
#endif
}

// The first n lanes of v, the others zero.
ABLATE_INLINE Vec First(Vec v, Full) { return v; }
ABLATE_INLINE Vec First(Vec v, int n) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vec>(_mm512_maskz_mov_ps(FirstLanes(n), reinterpret_cast<__m512>(v)));
#else
  for (int i = n; i < kWidth; i++) v[i] = 0;
  return v;
#endif
}

ABLATE_INLINE Vec Min(Vec a, Vec b) { return a < b ? a : b; }
ABLATE_INLINE Vec Max(Vec a, Vec b) { return a > b ? a : b; }

// Four rows of four floats as the columns of four rows that lie `row` apart.
ABLATE_INLINE void TransposeBlock(const float *const (&rows)[4], float *to, long row) {
#if defined(__SSE2__)
  __m128 a = _mm_loadu_ps(rows[0]), b = _mm_loadu_ps(rows[1]), c = _mm_loadu_ps(rows[2]), d = _mm_loadu_ps(rows[3]);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to, a);
  _mm_storeu_ps(to + row, b);
  _mm_storeu_ps(to + 2 * row, c);
  _mm_storeu_ps(to + 3 * row, d);
#else
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) to[i * row + j] = rows[j][i];
  }
#endif
}

// body(offset, width) over n floats; width is `Full` or the length of the rest.
template <class Body>
ABLATE_INLINE void Vectors(long n, const Body &body) {
  long i = 0;
  for (; i + kWidth <= n; i += kWidth) body(i, Full{});
  if (i < n) body(i, static_cast<int>(n - i));
}

}  // namespace ablate

#endif
