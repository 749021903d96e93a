// Max pool that notes where each maximum lay, so that its gradient needs neither the input nor the output, and the
// average over positions.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

typedef uint8_t Bytes __attribute__((vector_size(kWidth), may_alias));

// gcc takes the bytes apart one by one where the conversion is not spelled out.
ABLATE_INLINE IntVec Widen(const Bytes &bytes) {
#if defined(__AVX512F__)
  return reinterpret_cast<IntVec>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(&bytes))));
#elif defined(__AVX2__)
  return reinterpret_cast<IntVec>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(&bytes))));
#else
  return __builtin_convertvector(bytes, IntVec);
#endif
}
ABLATE_INLINE IntVec LoadBytes(const uint8_t *p, Full) {
  Bytes bytes;
  memcpy(&bytes, p, kWidth);
  return Widen(bytes);
}
#if defined(__AVX512BW__) && defined(__AVX512VL__)
ABLATE_INLINE IntVec LoadBytes(const uint8_t *p, int n) {
  return reinterpret_cast<IntVec>(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(FirstLanes(n), p)));
}
ABLATE_INLINE void StoreBytes(uint8_t *p, IntVec v, int n) {
  _mm512_mask_cvtepi32_storeu_epi8(p, FirstLanes(n), reinterpret_cast<__m512i>(v));
}
#else
ABLATE_INLINE IntVec LoadBytes(const uint8_t *p, int n) {
  Bytes bytes = {};
  memcpy(&bytes, p, n);
  return Widen(bytes);
}
ABLATE_INLINE void StoreBytes(uint8_t *p, IntVec v, int n) {
  const Bytes bytes = __builtin_convertvector(v, Bytes);
  memcpy(p, &bytes, n);
}
#endif

// A position of a window: where it lies in the map, or which output it belongs to, in floats; and its number.
struct Position {
  long offset;
  int32_t number;
};

// The windows that cover a row or column of the input: the first, and behind the last.
struct Cover {
  long first, behind;
};

std::vector<Cover> Covers(long inputs, long outputs, const Window &w) {
  std::vector<Cover> covers;
  for (long i = 0; i < inputs; i++) {
    const long first = std::max(0L, (i + w.padding - w.kernel + w.stride) / w.stride);
    covers.push_back({first, std::min(outputs, (i + w.padding) / w.stride + 1)});
  }
  return covers;
}

// The body for as many positions as there mostly are, with their number a constant, so that the loop over them unrolls.
template <class Body>
ABLATE_INLINE void WithCount(int count, const Body &body) {
  switch (count) {
    case 1: return body(std::integral_constant<int, 1>{});
    case 2: return body(std::integral_constant<int, 2>{});
    case 4: return body(std::integral_constant<int, 4>{});
    case 9: return body(std::integral_constant<int, 9>{});
    default: return body(count);
  }
}

}  // namespace

template <class T>
void MaxPoolForward(const T *x, const Window &w, T *y, uint8_t *at) {
  Parallel(w.N * w.OH, [=](long row) {
    const long n = row / w.OH, top = row % w.OH * w.stride - w.padding;
    Position positions[225];
    for (long ow = 0; ow < w.OW; ow++) {
      const long left = ow * w.stride - w.padding, out = (row * w.OW + ow) * w.C;
      int found = 0;
      for (long i = std::max(0L, -top); i < std::min(w.kernel, w.H - top); i++) {
        for (long j = std::max(0L, -left); j < std::min(w.kernel, w.W - left); j++) {
          const long offset = ((n * w.H + top + i) * w.W + left + j) * w.C;
          positions[found++] = {offset, static_cast<int32_t>(i * w.kernel + j)};
        }
      }
      WithCount(found, [&](auto count) ABLATE_INLINE_LAMBDA {
        Vectors(w.C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
          Vec best = Load(x + positions[0].offset + c, width);
          IntVec where = positions[0].number - IntVec{};
          for (int k = 1; k < count; k++) {
            const Vec v = Load(x + positions[k].offset + c, width);
            const IntVec better = (v > best) | (v != v);
            best = better ? v : best;
            where = better ? positions[k].number - IntVec{} : where;
          }
          Store(y + out + c, best, width);
          StoreBytes(at + out + c, where, width);
        });
      });
    }
  });
}

template <class T>
void MaxPoolBackward(const T *dy, const uint8_t *at, const Window &w, T *dx) {
  const std::vector<Cover> rows = Covers(w.H, w.OH, w), columns = Covers(w.W, w.OW, w);
  WithStore(dx, w.N * w.H * w.W * w.C, w.C, [&](auto store) {
    Parallel(w.N * w.H, [&](long row) {
      const long n = row / w.H, h = row % w.H;
      Position positions[225];
      for (long v = 0; v < w.W; v++) {
        int found = 0;
        for (long oh = rows[h].first; oh < rows[h].behind; oh++) {
          for (long ow = columns[v].first; ow < columns[v].behind; ow++) {
            const long i = h + w.padding - oh * w.stride, j = v + w.padding - ow * w.stride;
            positions[found++] = {((n * w.OH + oh) * w.OW + ow) * w.C, static_cast<int32_t>(i * w.kernel + j)};
          }
        }
        T *const out = dx + (row * w.W + v) * w.C;
        WithCount(found, [&](auto count) ABLATE_INLINE_LAMBDA {
          Vectors(w.C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
            Vec sum = {};
            for (int k = 0; k < count; k++) {
              const IntVec here = LoadBytes(at + positions[k].offset + c, width) == positions[k].number;
              sum += here ? Load(dy + positions[k].offset + c, width) : Vec{};
            }
            store(out + c, sum, width);
          });
        });
      }
      store.Finish();
    });
  });
}

template <class T>
void AverageForward(const T *x, T *y, long N, long positions, long C) {
  Parallel(N, [=](long n) {
    float *const sums = Scratch(Slot::kSums, C);
    memset(sums, 0, C * sizeof(float));
    for (long p = 0; p < positions; p++) {
      const T *const in = x + (n * positions + p) * C;
      Vectors(C, [=](long c, auto width) { Store(sums + c, Load(sums + c, width) + Load(in + c, width), width); });
    }
    const float count = static_cast<float>(positions);
    Vectors(C, [=](long c, auto width) { Store(y + n * C + c, Load(sums + c, width) / count, width); });
  });
}

template <class T>
void AverageBackward(const T *dy, T *dx, long N, long positions, long C) {
  const float share = 1.0f / static_cast<float>(positions);
  Parallel(N, [=](long n) {
    for (long p = 0; p < positions; p++) {
      T *const out = dx + (n * positions + p) * C;
      Vectors(C, [=](long c, auto width) { Store(out + c, Load(dy + n * C + c, width) * share, width); });
    }
  });
}

#define ABLATE_INSTANTIATE(T)                                                      \
  template void MaxPoolForward(const T *, const Window &, T *, uint8_t *);         \
  template void MaxPoolBackward(const T *, const uint8_t *, const Window &, T *);  \
  template void AverageForward(const T *, T *, long, long, long);                  \
  template void AverageBackward(const T *, T *, long, long, long);
ABLATE_INSTANTIATE(float)
ABLATE_INSTANTIATE(Bfloat16)

}  // namespace ablate
