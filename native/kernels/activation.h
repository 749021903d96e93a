// ReLU and the exact GELU, x Phi(x), with their derivatives, on vectors.
#ifndef ABLATE_KERNELS_ACTIVATION_H_
#define ABLATE_KERNELS_ACTIVATION_H_

#include "element.h"
#include "pieces.h"

namespace ablate {

enum class Activation { kNone, kRelu, kGelu };

// exp(x) for x <= 0, to 1e-7 of its value, NaN of NaN; Cody-Waite reduction and the polynomial of Cephes' expf.
ABLATE_INLINE Vec ExpOfNegative(Vec x) {
  x = Max(Broadcast(-87.0f), x);
  const Vec n = Round(x * 1.44269504088896341f);
  const Vec r = x - n * 0.693359375f - n * -2.12194440e-4f;
  Vec p = Broadcast(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const IntVec exponent = (__builtin_convertvector(n, IntVec) + 127) << 23;
  return p * reinterpret_cast<Vec>(exponent);
}

// erf(x) to an absolute 1e-7: the rational minimax approximation that Eigen and XLA use.
ABLATE_INLINE Vec Erf(Vec x) {
  x = Min(Max(x, Broadcast(-4.0f)), Broadcast(4.0f));
  const Vec z = x * x;
  Vec a = Broadcast(-2.72614225801306e-10f);
  a = a * z + 2.77068142495902e-08f;
  a = a * z + -2.10102402082508e-06f;
  a = a * z + -5.69250639462346e-05f;
  a = a * z + -7.34990630326855e-04f;
  a = a * z + -2.95459980854025e-03f;
  a = a * z + -1.60960333262415e-02f;
  Vec b = Broadcast(-1.45660718464996e-05f);
  b = b * z + -2.13374055278905e-04f;
  b = b * z + -1.68282697438203e-03f;
  b = b * z + -7.37332916720468e-03f;
  b = b * z + -1.42647390514189e-02f;
  return a * x / b;
}

// GELU, x Phi(x), and its derivative, Phi(x) + x phi(x), to an absolute 3e-7 of Phi and of the derivative. They share what they
// are made of, so that a pass that wants both computes it once.
#if defined(ABLATE_HAS_PIECES)
ABLATE_INLINE Vec Beyond(Vec x, Vec tail) { return x > Vec{} ? 1.0f - tail : tail; }
ABLATE_INLINE Vec Gelu(Vec x) { return x * Beyond(x, kTail(PlaceOf(x))); }
ABLATE_INLINE Vec GeluSlope(Vec x) { return Beyond(x, kSlopeTail(PlaceOf(x))); }
#else
ABLATE_INLINE Vec Phi(Vec x) { return 0.5f * (1.0f + Erf(x * 0.70710678118654752f)); }
ABLATE_INLINE Vec Gelu(Vec x) { return x * Phi(x); }
ABLATE_INLINE Vec GeluSlope(Vec x) {
  return Phi(x) + x * ExpOfNegative(x * x * -0.5f) * 0.39894228040143268f;
}
#endif

template <Activation A>
ABLATE_INLINE Vec Activate(Vec x) {
  if (A == Activation::kRelu) return x < Vec{} ? Vec{} : x;  // NaN stays, for training to notice
  if (A == Activation::kGelu) return Gelu(x);
  return x;
}

// dy times the activation's derivative at its input x. ReLU's may as well be given its output.
template <Activation A>
ABLATE_INLINE Vec Deactivate(Vec dy, Vec x) {
  if (A == Activation::kRelu) return x <= Vec{} ? Vec{} : dy;
  if (A == Activation::kGelu) return dy * GeluSlope(x);
  return dy;
}

}  // namespace ablate

// INSTANTIATE(activation, element) for all that kernels of maps are made for.
#define ABLATE_EACH_ACTIVATION(INSTANTIATE, T) \
  INSTANTIATE(Activation::kNone, T)            \
  INSTANTIATE(Activation::kRelu, T)            \
  INSTANTIATE(Activation::kGelu, T)
#define ABLATE_EACH_KIND(INSTANTIATE)        \
  ABLATE_EACH_ACTIVATION(INSTANTIATE, float) \
  ABLATE_EACH_ACTIVATION(INSTANTIATE, Bfloat16)

#endif
