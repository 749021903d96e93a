// Layer norm over the channels of each row, biased variance, in two passes over a row that stays in registers or L1.
#include "kernels.h"
#include "pool.h"
#include "unroll.h"

namespace ablate {
namespace {

// The sum of terms(offset, width) over n floats, in four sums side by side.
template <class Terms>
ABLATE_INLINE float SumOver(long n, const Terms &terms) {
  Vec sums[4] = {};
  long i = 0;
  for (; i + 4 * kWidth <= n; i += 4 * kWidth) {
    for (int j = 0; j < 4; j++) sums[j] += terms(i + j * kWidth, Full{});
  }
  Vectors(n - i, [&](long rest, auto width) ABLATE_INLINE_LAMBDA { sums[0] += First(terms(i + rest, width), width); });
  return Sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class T>
struct Forward {
  const T *x;
  const float *gamma, *beta;
  float epsilon;
  T *y;
  float *mean, *rstd;
  long C;
};

// The normalised row before it is stored; forward and backward must round it alike.
ABLATE_INLINE Vec Scaled(Vec normal, Vec gamma, Vec beta) { return Fma(normal, gamma, beta); }

// Rows of N vectors, held in registers.
template <int N, class T, class Last>
void ForwardRows(const Forward<T> &f, Last last, long begin, long end) {
  const long C = (N - 1) * kWidth + last;
  Vec gamma[N], beta[N];
  EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
    gamma[i] = Load(f.gamma + i * kWidth, width);
    beta[i] = Load(f.beta + i * kWidth, width);
  });
  for (long r = begin; r < end; r++) {
    Vec v[N], sum = {}, squares = {};
    EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA { sum += v[i] = Load(f.x + r * C + i * kWidth, width); });
    const float mean = Sum(sum) / C;
    EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
      v[i] -= mean;
      const Vec d = First(v[i], width);
      squares += d * d;
    });
    const float rstd = 1.0f / sqrtf(Sum(squares) / C + f.epsilon);
    EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
      Store(f.y + r * C + i * kWidth, Scaled(v[i] * rstd, gamma[i], beta[i]), width);
    });
    f.mean[r] = mean;
    f.rstd[r] = rstd;
  }
}

template <class T>
void ForwardAnyRows(const Forward<T> &f, long begin, long end) {
  const long C = f.C;
  for (long r = begin; r < end; r++) {
    const T *const x = f.x + r * C;
    const float mean = SumOver(C, [=](long c, auto width) ABLATE_INLINE_LAMBDA { return Load(x + c, width); }) / C;
    const float squares = SumOver(C, [=](long c, auto width) ABLATE_INLINE_LAMBDA {
      const Vec d = Load(x + c, width) - mean;
      return d * d;
    });
    const float rstd = 1.0f / sqrtf(squares / C + f.epsilon);
    Vectors(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
      const Vec normal = (Load(x + c, width) - mean) * rstd;
      Store(f.y + r * C + c, Scaled(normal, Load(f.gamma + c, width), Load(f.beta + c, width)), width);
    });
    f.mean[r] = mean;
    f.rstd[r] = rstd;
  }
}

template <class T>
struct Backward {
  const T *dy, *x;
  const float *gamma, *beta, *mean, *rstd;
  T *dx, *y;  // y: null, or what the forward pass gave
  long C;
};

// dx = rstd (d - mean(d) - h mean(d h)) with d = dy gamma and h = (x - mean) rstd. `sums`: dgamma, then dbeta. Lanes
// beyond the last channel are zero in dy and gamma, and so in all sums.
template <int N, class T, class Last>
void BackwardRows(const Backward<T> &b, Last last, float *sums, long begin, long end) {
  const long C = (N - 1) * kWidth + last;
  Vec gamma[N], dgamma[N] = {}, dbeta[N] = {};
  EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA { gamma[i] = Load(b.gamma + i * kWidth, width); });
  for (long r = begin; r < end; r++) {
    const float mean = b.mean[r], rstd = b.rstd[r];
    Vec h[N], d[N], sum = {}, product = {};
    EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
      const Vec dy = Load(b.dy + r * C + i * kWidth, width);
      h[i] = (Load(b.x + r * C + i * kWidth, width) - mean) * rstd;
      dbeta[i] += dy;
      dgamma[i] += dy * h[i];
      d[i] = dy * gamma[i];
      sum += d[i];
      product += d[i] * h[i];
    });
    const float first = Sum(sum) / C, second = Sum(product) / C;
    EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
      Store(b.dx + r * C + i * kWidth, (d[i] - first - h[i] * second) * rstd, width);
    });
    if (!b.y) continue;
    EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
      Store(b.y + r * C + i * kWidth, Scaled(h[i], gamma[i], Load(b.beta + i * kWidth, width)), width);
    });
  }
  EachOf<N>(last, [&](int i, auto width) ABLATE_INLINE_LAMBDA {
    Store(sums + i * kWidth, dgamma[i], width);
    Store(sums + C + i * kWidth, dbeta[i], width);
  });
}

// N rows of any length: first each row's means, then vector by vector, so that the sums are fetched once for N rows.
template <int N, class T>
void BackwardRowsTogether(const Backward<T> &b, float *sums, long begin) {
  const long C = b.C;
  float *const dgamma = sums, *const dbeta = sums + C;
  float first[N], second[N];
  for (int n = 0; n < N; n++) {
    const T *const x = b.x + (begin + n) * C, *const dy = b.dy + (begin + n) * C;
    const float mean = b.mean[begin + n];
    auto slope = [&](long c, auto width) ABLATE_INLINE_LAMBDA { return Load(dy + c, width) * Load(b.gamma + c, width); };
    first[n] = SumOver(C, slope) / C;
    second[n] = SumOver(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
                  return slope(c, width) * (Load(x + c, width) - mean);
                }) * b.rstd[begin + n] / C;
  }
  Vectors(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
    const Vec gamma = Load(b.gamma + c, width);
    Vec along = Load(dgamma + c, width), plain = Load(dbeta + c, width);
    for (int n = 0; n < N; n++) {
      const long i = (begin + n) * C + c;
      const Vec dy = Load(b.dy + i, width), h = (Load(b.x + i, width) - b.mean[begin + n]) * b.rstd[begin + n];
      plain += dy;
      along += dy * h;
      Store(b.dx + i, (dy * gamma - first[n] - h * second[n]) * b.rstd[begin + n], width);
      if (b.y) Store(b.y + i, Scaled(h, gamma, Load(b.beta + c, width)), width);
    }
    Store(dgamma + c, along, width);
    Store(dbeta + c, plain, width);
  });
}

template <class T>
void BackwardAnyRows(const Backward<T> &b, float *sums, long begin, long end) {
  memset(sums, 0, 2 * b.C * sizeof(float));
  for (; begin + 4 <= end; begin += 4) BackwardRowsTogether<4>(b, sums, begin);
  for (; begin < end; begin++) BackwardRowsTogether<1>(b, sums, begin);
}

// body(vectors, width of the last) with constants for rows of few enough of them, else any().
template <class Body, class Any>
void WithVectors(long C, int most, const Body &body, const Any &any) {
  const int last = static_cast<int>((C - 1) % kWidth + 1);
  const auto with = [&](auto count) {
    if (count > most) any();
    else if (last == kWidth) body(count, Full{});
    else body(count, last);
  };
  switch ((C + kWidth - 1) / kWidth) {
    case 1: return with(std::integral_constant<int, 1>{});
    case 2: return with(std::integral_constant<int, 2>{});
    case 3: return with(std::integral_constant<int, 3>{});
    case 4: return with(std::integral_constant<int, 4>{});
    case 6: return with(std::integral_constant<int, 6>{});
    case 8: return with(std::integral_constant<int, 8>{});
    default: return any();
  }
}

}  // namespace

template <class T>
void LayerNormForward(const T *x, const float *gamma, const float *beta, float epsilon, T *y, float *mean, float *rstd,
                      long rows, long C) {
  const Forward<T> f{x, gamma, beta, epsilon, y, mean, rstd, C};
  const Chunks chunks(rows, C);
  Parallel(chunks.count, [&](long k) {
    const long begin = chunks.Begin(k), end = chunks.End(k);
    WithVectors(C, kRegisters == 32 ? 8 : 6,
                [&](auto count, auto last) { ForwardRows<count()>(f, last, begin, end); },
                [&] { ForwardAnyRows(f, begin, end); });
  });
}

template <class T>
void LayerNormBackward(const T *dy, const T *x, const float *gamma, const float *beta, const float *mean,
                       const float *rstd, T *dx, float *dgamma, float *dbeta, T *y, long rows, long C) {
  const Backward<T> b{dy, x, gamma, beta, mean, rstd, dx, y, C};
  const Chunks chunks(rows, C);
  const Buffer sums = NewBuffer(chunks.count * 2 * C);
  Parallel(chunks.count, [&](long k) {
    float *const own = sums.get() + k * 2 * C;
    const long begin = chunks.Begin(k), end = chunks.End(k);
    WithVectors(C, kRegisters == 32 ? 6 : 3,
                [&](auto count, auto last) { BackwardRows<count()>(b, last, own, begin, end); },
                [&] { BackwardAnyRows(b, own, begin, end); });
  });
  SumRows(sums.get(), chunks.count, 2 * C, C, dgamma);
  SumRows(sums.get() + C, chunks.count, 2 * C, C, dbeta);
}

#define ABLATE_INSTANTIATE(T)                                                                                         \
  template void LayerNormForward(const T *, const float *, const float *, float, T *, float *, float *, long, long);  \
  template void LayerNormBackward(const T *, const T *, const float *, const float *, const float *, const float *,   \
                                  T *, float *, float *, T *, long, long);
ABLATE_INSTANTIATE(float)
ABLATE_INSTANTIATE(Bfloat16)

}  // namespace ablate
