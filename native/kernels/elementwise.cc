// Activations, and bias with an activation.
#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

constexpr long kChunk = 16384;

// y[i] = body(i, width)
template <class T, class Body>
void Map(T *y, long count, const Body &body) {
  WithStore(y, count, kWidth, [&](auto store) {
    Parallel((count + kChunk - 1) / kChunk, [&](long k) {
      const long begin = k * kChunk, n = count - begin < kChunk ? count - begin : kChunk;
      Vectors(n, [&](long i, auto width) { store(y + begin + i, body(begin + i, width), width); });
      store.Finish();
    });
  });
}

}  // namespace

template <Activation A, class T>
void ActivationForward(const T *x, T *y, long count) {
  Map(y, count, [=](long i, auto width) { return Activate<A>(Load(x + i, width)); });
}

template <Activation A, class T>
void ActivationBackward(const T *dy, const T *x, T *dx, T *y, long count) {
  Map(dx, count, [=](long i, auto width) {
    const Vec at = Load(x + i, width);
    if (y) Store(y + i, Activate<A>(at), width);
    return Deactivate<A>(Load(dy + i, width), at);
  });
}

template <Activation A, class T>
void BiasForward(const T *x, const float *bias, T *y, long rows, long C) {
  const Chunks chunks(rows, C);
  WithStore(y, rows * C, C, [=](auto store) {
    Parallel(chunks.count, [=](long k) {
      for (long r = chunks.Begin(k); r < chunks.End(k); r++) {
        Vectors(C, [=](long c, auto width) {
          store(y + r * C + c, Activate<A>(Load(x + r * C + c, width) + Load(bias + c, width)), width);
        });
      }
      store.Finish();
    });
  });
}

namespace {

// Without an activation: sums of a few vectors of channels stay in registers while a chunk's rows go by.
template <class T>
void BiasSum(const T *dy, float *part, long begin, long end, long C) {
  constexpr long kBlock = 4 * kWidth;
  long c = 0;
  for (; c + kBlock <= C; c += kBlock) {
    Vec sum[4] = {};
    for (long r = begin; r < end; r++) {
      for (int j = 0; j < 4; j++) sum[j] += Load(dy + r * C + c + j * kWidth);
    }
    for (int j = 0; j < 4; j++) Store(part + c + j * kWidth, sum[j]);
  }
  Vectors(C - c, [=](long i, auto width) {
    Vec sum = {};
    for (long r = begin; r < end; r++) sum += Load(dy + r * C + c + i, width);
    Store(part + c + i, sum, width);
  });
}

}  // namespace

template <Activation A, class T>
void BiasBackward(const T *dy, const T *x, const float *bias, T *dx, float *dbias, T *y, long rows, long C) {
  const Chunks chunks(rows, C);
  const Buffer sums = NewBuffer(chunks.count * C);
  float *const parts = sums.get();
  WithStore(dx, dx ? rows * C : 0, C, [=](auto store) {
    Parallel(chunks.count, [=](long k) {
      float *const part = parts + k * C;
      const long begin = chunks.Begin(k), end = chunks.End(k);
      if (A == Activation::kNone) return BiasSum(dy, part, begin, end, C);
      memset(part, 0, C * sizeof(float));
      for (long r = begin; r < end; r++) {
        Vectors(C, [=](long c, auto width) ABLATE_INLINE_LAMBDA {
          const long i = r * C + c;
          const Vec z = Load(x + i, width) + Load(bias + c, width), dz = Deactivate<A>(Load(dy + i, width), z);
          if (y) Store(y + i, Activate<A>(z), width);
          store(dx + i, dz, width);
          Store(part + c, Load(part + c, width) + dz, width);
        });
      }
      store.Finish();
    });
  });
  SumRows(parts, chunks.count, C, C, dbias);
}

template <class T>
void Add(const T *a, const T *b, T *y, long count) {
  Map(y, count, [=](long i, auto width) { return Load(a + i, width) + Load(b + i, width); });
}

#define ABLATE_INSTANTIATE(A, T)                                                            \
  template void ActivationForward<A>(const T *, T *, long);                                 \
  template void ActivationBackward<A>(const T *, const T *, T *, T *, long);                \
  template void BiasForward<A>(const T *, const float *, T *, long, long);                  \
  template void BiasBackward<A>(const T *, const T *, const float *, T *, float *, T *, long, long);
ABLATE_EACH_KIND(ABLATE_INSTANTIATE)
template void Add(const float *, const float *, float *, long);
template void Add(const Bfloat16 *, const Bfloat16 *, Bfloat16 *, long);

}  // namespace ablate
