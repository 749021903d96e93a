#include "pieces.h"

#include <cmath>

namespace ablate {

#if defined(ABLATE_HAS_PIECES)

template <int Degree>
Pieces<Degree>::Pieces(double (*function)(double)) {
  constexpr int kNodes = Degree + 1;
  for (int piece = 0; piece < kPieceCount; piece++) {
    double nodes[kNodes], differences[kNodes], powers[kNodes] = {};
    for (int i = 0; i < kNodes; i++) {
      nodes[i] = 0.5 - 0.5 * std::cos(M_PI * (i + 0.5) / kNodes);
      differences[i] = function((piece + nodes[i]) * kPiecesEnd / kPieceCount);
    }
    for (int order = 1; order < kNodes; order++) {
      for (int i = kNodes - 1; i >= order; i--) {
        differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
      }
    }
    // Newton's form, from the inside out: powers = powers (x - node) + difference.
    for (int i = kNodes - 1; i >= 0; i--) {
      for (int power = kNodes - 1; power > 0; power--) powers[power] = powers[power - 1] - nodes[i] * powers[power];
      powers[0] = differences[i] - nodes[i] * powers[0];
    }
    for (int power = 0; power < kNodes; power++) of_[power][piece] = static_cast<float>(powers[power]);
  }
}

namespace {

double Tail(double x) { return 0.5 * std::erfc(x * M_SQRT1_2); }
// Nothing on the last piece, which stands for all beyond it too: however large x is, GELU of -x is then 0.
double EndingTail(double x) { return x < kPiecesEnd * (kPieceCount - 1) / kPieceCount ? Tail(x) : 0; }
double SlopeTail(double x) { return Tail(x) - x * std::exp(-0.5 * x * x) * 0.5 * M_SQRT1_2 * M_2_SQRTPI; }

}  // namespace

const Pieces<4> kTail(EndingTail);
const Pieces<5> kSlopeTail(SlopeTail);

#endif

}  // namespace ablate
