// Functions of |x| as polynomials on sixteen pieces of [0, 5.75): where a vector's lanes can each look up a coefficient in one
// instruction, that is less work than a rational function's division.
#ifndef ABLATE_KERNELS_PIECES_H_
#define ABLATE_KERNELS_PIECES_H_

#include "vector.h"

#if defined(__AVX512F__)
#define ABLATE_HAS_PIECES

namespace ablate {

constexpr float kPiecesEnd = 5.75f;
constexpr int kPieceCount = 16;

// Which piece each lane lies on, and how far along it, from 0 to 1.
struct Place {
  __m512i piece;
  Vec along;
};

ABLATE_INLINE Place PlaceOf(Vec x) {
  constexpr float kScale = kPieceCount / kPiecesEnd, kLast = kPieceCount - 1e-5f;
  const __m512 magnitude = _mm512_abs_ps(reinterpret_cast<__m512>(x * kScale));
  const __m512 at = _mm512_min_ps(_mm512_set1_ps(kLast), magnitude);  // NaN, if it is the second, stays
  const __m512i piece = _mm512_cvttps_epi32(at);
  return {piece, reinterpret_cast<Vec>(at - _mm512_cvtepi32_ps(piece))};
}

template <int Degree>
class Pieces {
 public:
  // Through a function's values at Chebyshev's nodes of each piece.
  explicit Pieces(double (*function)(double x));

  ABLATE_INLINE Vec operator()(const Place &place) const {
    Vec value = Coefficient(Degree, place);
    for (int power = Degree - 1; power >= 0; power--) value = Fma(value, place.along, Coefficient(power, place));
    return value;
  }

 private:
  ABLATE_INLINE Vec Coefficient(int power, const Place &place) const {
    return reinterpret_cast<Vec>(_mm512_permutexvar_ps(place.piece, _mm512_load_ps(of_[power])));
  }
  alignas(64) float of_[Degree + 1][kPieceCount];
};

// Of the normal distribution beyond |x|: its tail, and the tail less |x| times the density; to an absolute 2e-7.
extern const Pieces<4> kTail;
extern const Pieces<5> kSlopeTail;

}  // namespace ablate

#endif
#endif
