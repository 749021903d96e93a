// The end of a residual block: layer scale, stochastic depth, the addition and the activation after it, in one pass.
#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

// The scales with ones and zeros where there are none: the memory they would save is nothing beside the activations.
class Scales {
 public:
  Scales(const ResidualScale &given, long rows, long C)
      : positions_(given.samples ? rows / given.samples : rows), keep_(given.keep), fixed_(NewBuffer(2 * C)) {
    for (long c = 0; c < C; c++) {
      fixed_[c] = 1;
      fixed_[C + c] = 0;
    }
    gamma = given.gamma ? given.gamma : fixed_.get();
    bias = given.bias ? given.bias : fixed_.get() + C;
  }
  // body(row, its sample's keep)
  template <class Body>
  void EachRow(long begin, long end, const Body &body) const {
    for (long row = begin; row < end;) {
      const long sample = row / positions_, next = end < (sample + 1) * positions_ ? end : (sample + 1) * positions_;
      const float keep = keep_ ? keep_[sample] : 1.0f;
      for (; row < next; row++) body(row, keep);
    }
  }
  const float *gamma, *bias;

 private:
  long positions_;
  const float *keep_;
  Buffer fixed_;
};

}  // namespace

template <Activation A, class T>
void ResidualForward(const T *shortcut, const T *branch, const ResidualScale &given, T *y, long rows, long C) {
  const Chunks chunks(rows, C);
  if (!given.gamma && !given.keep && !given.bias) {
    WithStore(y, rows * C, C, [=](auto store) {
      Parallel(chunks.count, [=](long k) {
        const long begin = chunks.Begin(k) * C;
        Vectors(chunks.End(k) * C - begin, [=](long at, auto width) {
          const long i = begin + at;
          store(y + i, Activate<A>(Load(shortcut + i, width) + Load(branch + i, width)), width);
        });
        store.Finish();
      });
    });
    return;
  }
  const Scales scales(given, rows, C);
  Parallel(chunks.count, [&, y](long k) {
    scales.EachRow(chunks.Begin(k), chunks.End(k), [&, y](long r, float keep) {
      Vectors(C, [&](long c, auto width) {
        const long i = r * C + c;
        const Vec scaled = Load(scales.gamma + c, width) * keep;
        const Vec h = Load(branch + i, width) + Load(scales.bias + c, width);
        Store(y + i, Activate<A>(Fma(scaled, h, Load(shortcut + i, width))), width);
      });
    });
  });
}

template <Activation A, class T>
void ResidualBackward(const T *dy, const T *at, const T *shortcut, const T *branch, const ResidualScale &given,
                      T *dshortcut, T *dbranch, float *dgamma, float *dbias, long rows, long C) {
  const Scales scales(given, rows, C);
  const Chunks chunks(rows, C);
  const bool sums = dgamma || dbias;
  const Buffer parts = NewBuffer(sums ? chunks.count * 2 * C : 0);
  Parallel(chunks.count, [&](long k) {
    float *const gammas = parts.get() + k * 2 * C, *const biases = gammas + C;
    if (sums) memset(gammas, 0, 2 * C * sizeof(float));
    scales.EachRow(chunks.Begin(k), chunks.End(k), [&](long r, float keep) {
      Vectors(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
        const long i = r * C + c;
        const Vec gamma = Load(scales.gamma + c, width);
        Vec h = {};
        if (A == Activation::kGelu || dgamma) h = Load(branch + i, width) + Load(scales.bias + c, width);
        Vec z = {};
        if (A == Activation::kRelu) z = Load(at + i, width);
        if (A == Activation::kGelu) z = Fma(gamma * keep, h, Load(shortcut + i, width));
        const Vec dz = Deactivate<A>(Load(dy + i, width), z);
        const Vec kept = dz * keep, dh = kept * gamma;
        if (dshortcut) Store(dshortcut + i, dz, width);
        if (dbranch) Store(dbranch + i, dh, width);
        if (dgamma) Store(gammas + c, Fma(kept, h, Load(gammas + c, width)), width);
        if (dbias) Store(biases + c, Load(biases + c, width) + dh, width);
      });
    });
  });
  if (dgamma) SumRows(parts.get(), chunks.count, 2 * C, C, dgamma);
  if (dbias) SumRows(parts.get() + C, chunks.count, 2 * C, C, dbias);
}

#define ABLATE_INSTANTIATE(A, T)                                                                        \
  template void ResidualForward<A>(const T *, const T *, const ResidualScale &, T *, long, long);       \
  template void ResidualBackward<A>(const T *, const T *, const T *, const T *, const ResidualScale &,  \
                                    T *, T *, float *, float *, long, long);
ABLATE_EACH_KIND(ABLATE_INSTANTIATE)

}  // namespace ablate
