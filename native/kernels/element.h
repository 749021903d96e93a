// What maps are made of: floats, or bfloat16 in half of the memory. Kernels compute in float32 whatever they read and
// write: a load widens, a store rounds to the nearest, ties to even.
#ifndef ABLATE_KERNELS_ELEMENT_H_
#define ABLATE_KERNELS_ELEMENT_H_

#include "vector.h"

namespace ablate {

// The upper half of a float.
struct Bfloat16 {
  uint16_t bits;
};

typedef uint32_t Bits __attribute__((vector_size(kWidth * 4), may_alias));
typedef uint16_t Halves __attribute__((vector_size(kWidth * 2), may_alias));
typedef uint16_t UnalignedHalves __attribute__((vector_size(kWidth * 2), aligned(2), may_alias));

// By name where there is one instruction: of the conversion in general gcc makes four.
ABLATE_INLINE Bits Extended(Halves halves) {
#if defined(__AVX512F__)
  return reinterpret_cast<Bits>(_mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(halves)));
#elif defined(__AVX2__)
  return reinterpret_cast<Bits>(_mm256_cvtepu16_epi32(reinterpret_cast<__m128i>(halves)));
#else
  return __builtin_convertvector(halves, Bits);
#endif
}

ABLATE_INLINE Vec Widened(Halves halves) {
  return reinterpret_cast<Vec>(Extended(halves) << 16);
}

ABLATE_INLINE Halves Rounded(Vec v) {
#if defined(__AVX512BF16__)
  return reinterpret_cast<Halves>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(v)));
#else
  const Bits bits = reinterpret_cast<Bits>(v), rounded = bits + 0x7fff + (bits >> 16 & 1);
  return __builtin_convertvector((v == v ? rounded : bits | 0x400000) >> 16, Halves);
#endif
}

ABLATE_INLINE Halves LoadHalves(const Bfloat16 *p, Full) { return *reinterpret_cast<const UnalignedHalves *>(p); }
ABLATE_INLINE void Store(Bfloat16 *p, Vec v, Full = {}) { *reinterpret_cast<UnalignedHalves *>(p) = Rounded(v); }

#if defined(__AVX512BW__) && defined(__AVX512VL__)
ABLATE_INLINE Halves LoadHalves(const Bfloat16 *p, int n) {
  return reinterpret_cast<Halves>(_mm256_maskz_loadu_epi16(FirstLanes(n), p));
}
ABLATE_INLINE void Store(Bfloat16 *p, Vec v, int n) {
  _mm256_mask_storeu_epi16(p, FirstLanes(n), reinterpret_cast<__m256i>(Rounded(v)));
}
#else
ABLATE_INLINE Halves LoadHalves(const Bfloat16 *p, int n) {
  Halves halves = {};
  for (int i = 0; i < n; i++) halves[i] = p[i].bits;
  return halves;
}
ABLATE_INLINE void Store(Bfloat16 *p, Vec v, int n) {
  const Halves halves = Rounded(v);
  for (int i = 0; i < n; i++) p[i].bits = halves[i];
}
#endif

ABLATE_INLINE Vec Load(const Bfloat16 *p, Full width = {}) { return Widened(LoadHalves(p, width)); }
ABLATE_INLINE Vec Load(const Bfloat16 *p, int n) { return Widened(LoadHalves(p, n)); }

// What comes of a value that is stored in a map.
template <class T>
ABLATE_INLINE Vec Kept(Vec value) {
  if constexpr (std::is_same_v<T, float>) return value;
  else return Widened(Rounded(value));
}

// Stores past the caches: for outputs that would not stay in them, it saves reading what is overwritten.
struct Streamed {
  ABLATE_INLINE void operator()(float *p, Vec v, Full) const {
#if defined(__AVX512F__)
    _mm512_stream_ps(p, reinterpret_cast<__m512>(v));
#elif defined(__AVX__)
    _mm256_stream_ps(p, reinterpret_cast<__m256>(v));
#elif defined(__SSE2__)
    _mm_stream_ps(p, reinterpret_cast<__m128>(v));
#else
    Store(p, v);
#endif
  }
  ABLATE_INLINE void operator()(Bfloat16 *p, Vec v, Full) const {
#if defined(__AVX512F__)
    _mm256_stream_si256(reinterpret_cast<__m256i *>(p), reinterpret_cast<__m256i>(Rounded(v)));
#else
    Store(p, v);
#endif
  }
  template <class T>
  ABLATE_INLINE void operator()(T *p, Vec v, int n) const {
    Store(p, v, n);
  }
  static void Finish() {
#if defined(__SSE2__)
    _mm_sfence();
#endif
  }
};
struct Cached {
  template <class T, class Width>
  ABLATE_INLINE void operator()(T *p, Vec v, Width width) const {
    Store(p, v, width);
  }
  static void Finish() {}
};

// Whether an output of `count` elements in rows of C is stored so: it is large, and every row begins with a whole vector.
template <class T>
bool Streams(const T *out, long count, long C) {
  constexpr long kStreamedFrom = 8 << 20;  // bytes
  constexpr long kSize = sizeof(T);
  return count * kSize >= kStreamedFrom && (reinterpret_cast<uintptr_t>(out) | C * kSize) % (kWidth * kSize) == 0;
}

// body(store) with one of the two.
template <class T, class Body>
void WithStore(const T *out, long count, long C, const Body &body) {
  if (Streams(out, count, C)) return body(Streamed{});
  body(Cached{});
}

}  // namespace ablate

#endif
