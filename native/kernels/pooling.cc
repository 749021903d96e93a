// Max pool that notes where each maximum lay, so that its gradient needs neither the input nor the output, and the
// average over positions.
#include <algorithm>

#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

typedef uint8_t Bytes __attribute__((vector_size(kWidth), may_alias));

ABLATE_INLINE IntVec LoadBytes(const uint8_t *p, Full) {
  Bytes bytes;
  memcpy(&bytes, p, kWidth);
  return __builtin_convertvector(bytes, IntVec);
}
ABLATE_INLINE IntVec LoadBytes(const uint8_t *p, int n) {
  Bytes bytes = {};
  memcpy(&bytes, p, n);
  return __builtin_convertvector(bytes, IntVec);
}
ABLATE_INLINE void StoreBytes(uint8_t *p, IntVec v, int n) {
  const Bytes bytes = __builtin_convertvector(v, Bytes);
  memcpy(p, &bytes, n);
}

}  // namespace

void MaxPoolForward(const float *x, const Window &w, float *y, uint8_t *at) {
  Parallel(w.N * w.OH, [=](long row) {
    const long n = row / w.OH, top = row % w.OH * w.stride - w.padding;
    for (long ow = 0; ow < w.OW; ow++) {
      const long left = ow * w.stride - w.padding, out = (row * w.OW + ow) * w.C;
      Vectors(w.C, [&](long c, auto width) {
        Vec best = Broadcast(-INFINITY);
        IntVec where = {};
        for (long i = std::max(0L, -top); i < std::min(w.kernel, w.H - top); i++) {
          const float *const line = x + ((n * w.H + top + i) * w.W) * w.C + c;
          for (long j = std::max(0L, -left); j < std::min(w.kernel, w.W - left); j++) {
            const Vec v = Load(line + (left + j) * w.C, width);
            const IntVec better = (v > best) | (v != v);
            best = better ? v : best;
            where = better ? static_cast<int32_t>(i * w.kernel + j) - IntVec{} : where;
          }
        }
        Store(y + out + c, best, width);
        StoreBytes(at + out + c, where, width);
      });
    }
  });
}

void MaxPoolBackward(const float *dy, const uint8_t *at, const Window &w, float *dx) {
  // The windows that cover row or column `i` of the input, first and behind the last.
  auto first = [=](long i) { return std::max(0L, (i + w.padding - w.kernel + w.stride) / w.stride); };
  auto behind = [=](long i, long outputs) { return std::min(outputs, (i + w.padding) / w.stride + 1); };
  Parallel(w.N * w.H, [=](long row) {
    const long n = row / w.H, ih = row % w.H;
    for (long iw = 0; iw < w.W; iw++) {
      Vectors(w.C, [&](long c, auto width) {
        Vec sum = {};
        for (long oh = first(ih); oh < behind(ih, w.OH); oh++) {
          for (long ow = first(iw); ow < behind(iw, w.OW); ow++) {
            const long out = ((n * w.OH + oh) * w.OW + ow) * w.C + c;
            const long i = ih + w.padding - oh * w.stride, j = iw + w.padding - ow * w.stride;
            const IntVec here = LoadBytes(at + out, width) == static_cast<int32_t>(i * w.kernel + j);
            sum += here ? Load(dy + out, width) : Vec{};
          }
        }
        Store(dx + (row * w.W + iw) * w.C + c, sum, width);
      });
    }
  });
}

void AverageForward(const float *x, float *y, long N, long positions, long C) {
  Parallel(N, [=](long n) {
    float *const out = y + n * C;
    memset(out, 0, C * sizeof(float));
    for (long p = 0; p < positions; p++) {
      const float *const in = x + (n * positions + p) * C;
      Vectors(C, [=](long c, auto width) { Store(out + c, Load(out + c, width) + Load(in + c, width), width); });
    }
    Vectors(C, [=](long c, auto width) { Store(out + c, Load(out + c, width) / static_cast<float>(positions), width); });
  });
}

void AverageBackward(const float *dy, float *dx, long N, long positions, long C) {
  const float share = 1.0f / static_cast<float>(positions);
  Parallel(N, [=](long n) {
    for (long p = 0; p < positions; p++) {
      float *const out = dx + (n * positions + p) * C;
      Vectors(C, [=](long c, auto width) { Store(out + c, Load(dy + n * C + c, width) * share, width); });
    }
  });
}

}  // namespace ablate
