// Products of bfloat16 factors, summed in float32. Where a float would lie, a place, there are two neighbouring factors, the
// first in its lower half: one instruction multiplies both. CPUs without it compute the same numbers slowly.
#ifndef ABLATE_KERNELS_BFLOAT16_H_
#define ABLATE_KERNELS_BFLOAT16_H_

#include <algorithm>

#include "element.h"

namespace ablate {

// What the factors of a product are made of. Sums are float32 always. Of kBfloat16x3 a factor is two pieces of bfloat16, the
// nearest to it and the nearest to the rest: a product is that of the nearest and both of a nearest and a rest.
enum class Precision { kFloat32, kBfloat16, kBfloat16x3 };

// Factors in one place.
constexpr long PlaceSize(Precision precision) { return precision == Precision::kFloat32 ? 1 : 2; }
constexpr long Places(Precision precision, long factors) {
  return (factors + PlaceSize(precision) - 1) / PlaceSize(precision);
}

// Products of pieces that stand for one of factors, each with places of its own, and which piece of either factor it takes.
constexpr long kMostSections = 3;
constexpr long Sections(Precision precision) { return precision == Precision::kBfloat16x3 ? kMostSections : 1; }
enum class Piece { kNearest, kRest };
constexpr Piece kOnePieces[kMostSections] = {Piece::kNearest, Piece::kNearest, Piece::kRest};
constexpr Piece kOtherPieces[kMostSections] = {Piece::kNearest, Piece::kRest, Piece::kNearest};

// What rounding makes the piece of.
template <Piece P>
ABLATE_INLINE Vec Before(Vec value) {
  return P == Piece::kRest ? value - Widened(Rounded(value)) : value;
}
// Of bfloat16 no rest is left.
template <Piece P>
ABLATE_INLINE Halves Before(Halves value) {
  return P == Piece::kRest ? Halves{} : value;
}

// body(piece) with it as a constant.
template <class Body>
ABLATE_INLINE void WithPiece(Piece piece, const Body &body) {
  if (piece == Piece::kRest) body(std::integral_constant<Piece, Piece::kRest>{});
  else body(std::integral_constant<Piece, Piece::kNearest>{});
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

ABLATE_INLINE Vec MultiplyPairs(Vec a, Vec b, Vec sum) {
  const IntVec first = reinterpret_cast<IntVec>(a), second = reinterpret_cast<IntVec>(b);
  const IntVec upper = IntVec{} + static_cast<int32_t>(0xffff0000);
  sum = Fma(reinterpret_cast<Vec>(first & upper), reinterpret_cast<Vec>(second & upper), sum);
  return Fma(reinterpret_cast<Vec>(first << 16), reinterpret_cast<Vec>(second << 16), sum);
}
#endif

// Place i holds pieces of from[2 i] and from[2 i + 1], or zero after an odd count.
inline void PairNeighbours(const float *from, long count, float *to, Piece piece = Piece::kNearest) {
  WithPiece(piece, [&](auto constant) ABLATE_INLINE_LAMBDA {
    const auto both = [](Vec lower, Vec upper) ABLATE_INLINE_LAMBDA {
      return RoundedBoth(Before<decltype(constant)::value>(lower), Before<decltype(constant)::value>(upper));
    };
    Vectors(Places(Precision::kBfloat16, count), [&](long i, auto width) ABLATE_INLINE_LAMBDA {
      const float *const at = from + 2 * i;
      const long rest = count - 2 * i;
      if (rest >= 2 * kWidth) {
        Store(to + i, both(Load(at), Load(at + kWidth)), width);
        return;
      }
      const int lower = static_cast<int>(std::min<long>(kWidth, rest)), upper = static_cast<int>(rest) - lower;
      const Vec second = upper > 0 ? Load(at + kWidth, upper) : Vec{};
      Store(to + i, both(lower == kWidth ? Load(at) : Load(at, lower), second), width);
    });
  });
}

// `Paired` of what is rounded already.
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

// Place i holds pieces of first[i] and second[i], or zero where there is no second.
template <Piece P = Piece::kNearest, class T>
void PairRows(const T *first, const T *second, long count, float *to) {
  Vectors(count, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
    const auto one = Before<P>(Factors(first + i, width));
    Store(to + i, Paired(one, second ? Before<P>(Factors(second + i, width)) : decltype(one){}), width);
  });
}

// sum + the products of what places hold.
template <Precision P>
ABLATE_INLINE Vec MultiplyPlaces(Vec a, Vec b, Vec sum) {
  if constexpr (P != Precision::kFloat32) return MultiplyPairs(a, b, sum);
  return Fma(a, b, sum);
}

}  // namespace ablate

#endif
