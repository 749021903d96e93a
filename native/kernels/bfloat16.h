// Products of bfloat16 factors, summed in float32. Where a float would lie, a place, there are two neighbouring factors, the
// first in its lower half: one instruction multiplies both. CPUs without it compute the same numbers slowly.
#ifndef ABLATE_KERNELS_BFLOAT16_H_
#define ABLATE_KERNELS_BFLOAT16_H_

#include <algorithm>

#include "element.h"

namespace ablate {

// What the factors of a product are rounded to. Sums are float32 always.
enum class Precision { kFloat32, kBfloat16 };

// Factors in one place.
constexpr long PlaceSize(Precision precision) { return precision == Precision::kBfloat16 ? 2 : 1; }
constexpr long Places(Precision precision, long factors) {
  return (factors + PlaceSize(precision) - 1) / PlaceSize(precision);
}

#if defined(__AVX512BF16__)
constexpr bool kMultipliesBfloat16 = true;

// Place i holds elements 2 i and 2 i + 1 of both, one after the other.
ABLATE_INLINE Vec RoundedBoth(Vec lower, Vec upper) {
  return reinterpret_cast<Vec>(
      _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(upper), reinterpret_cast<__m512>(lower)));
}

// Place i holds first[i] and second[i].
ABLATE_INLINE Vec Paired(Vec first, Vec second) {
  const __m512i order = _mm512_add_epi32(_mm512_set1_epi32(16 << 16), _mm512_mullo_epi32(
      _mm512_set1_epi32(1 << 16 | 1), _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));
  return reinterpret_cast<Vec>(
      _mm512_permutexvar_epi16(order, reinterpret_cast<__m512i>(RoundedBoth(first, second))));
}

// Place i holds from[2 i] and from[2 i + 1], or zero after an odd count.
inline void PairNeighbours(const float *from, long count, float *to) {
  Vectors(Places(Precision::kBfloat16, count), [&](long i, auto width) ABLATE_INLINE_LAMBDA {
    const float *const at = from + 2 * i;
    const long rest = count - 2 * i;
    if (rest >= 2 * kWidth) {
      Store(to + i, RoundedBoth(Load(at), Load(at + kWidth)), width);
      return;
    }
    const int lower = static_cast<int>(std::min<long>(kWidth, rest)), upper = static_cast<int>(rest) - lower;
    const Vec second = upper > 0 ? Load(at + kWidth, upper) : Vec{};
    Store(to + i, RoundedBoth(lower == kWidth ? Load(at) : Load(at, lower), second), width);
  });
}

// sum + both products of each place.
ABLATE_INLINE Vec MultiplyPairs(Vec a, Vec b, Vec sum) {
  return reinterpret_cast<Vec>(
      _mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b)));
}
#else
constexpr bool kMultipliesBfloat16 = false;

// The nearest bfloat16, ties to even, as the upper half of a float.
inline uint32_t UpperHalf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return value == value ? bits + 0x7fff + (bits >> 16 & 1) : bits | 0x400000;
}
inline float Pair(float first, float second) {
  const uint32_t place = (UpperHalf(second) & 0xffff0000u) | UpperHalf(first) >> 16;
  float result;
  memcpy(&result, &place, sizeof(result));
  return result;
}

ABLATE_INLINE Vec RoundedBoth(Vec lower, Vec upper) {
  const auto at = [&](int i) { return i < kWidth ? lower[i] : upper[i - kWidth]; };
  Vec places = {};
  for (int i = 0; i < kWidth; i++) places[i] = Pair(at(2 * i), at(2 * i + 1));
  return places;
}

ABLATE_INLINE Vec Paired(Vec first, Vec second) {
  Vec places = {};
  for (int i = 0; i < kWidth; i++) places[i] = Pair(first[i], second[i]);
  return places;
}

inline void PairNeighbours(const float *from, long count, float *to) {
  for (long i = 0; i < count; i += 2) *to++ = Pair(from[i], i + 1 < count ? from[i + 1] : 0);
}

ABLATE_INLINE Vec MultiplyPairs(Vec a, Vec b, Vec sum) {
  const IntVec first = reinterpret_cast<IntVec>(a), second = reinterpret_cast<IntVec>(b);
  const IntVec upper = IntVec{} + static_cast<int32_t>(0xffff0000);
  sum = Fma(reinterpret_cast<Vec>(first & upper), reinterpret_cast<Vec>(second & upper), sum);
  return Fma(reinterpret_cast<Vec>(first << 16), reinterpret_cast<Vec>(second << 16), sum);
}
#endif

// The same of what is rounded already.
ABLATE_INLINE Vec Paired(Halves first, Halves second) {
  return reinterpret_cast<Vec>(Extended(second) << 16 | Extended(first));
}

// What `Paired` takes.
template <class Width>
ABLATE_INLINE Vec Factors(const float *p, Width width) {
  return Load(p, width);
}
template <class Width>
ABLATE_INLINE Halves Factors(const Bfloat16 *p, Width width) {
  return LoadHalves(p, width);
}

// Place i holds first[i] and second[i], or zero where there is no second.
template <class T>
void PairRows(const T *first, const T *second, long count, float *to) {
  Vectors(count, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
    const auto one = Factors(first + i, width);
    Store(to + i, Paired(one, second ? Factors(second + i, width) : decltype(one){}), width);
  });
}

// sum + the products of what places hold.
template <Precision P>
ABLATE_INLINE Vec MultiplyPlaces(Vec a, Vec b, Vec sum) {
  if constexpr (P == Precision::kBfloat16) return MultiplyPairs(a, b, sum);
  return Fma(a, b, sum);
}

}  // namespace ablate

#endif
