// Batch norm over rows, channel by channel, with an activation after it. Forward and backward each read the map twice:
// once for the sums, once for the result. The activation's input is computed again backward instead of being kept.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

constexpr int kMostVectors = kRegisters == 32 ? 6 : 3;  // of channels, summed at a time

// A map's rows as they are walked: of few channels several as one, so that these fill whole vectors, and as many of them
// as are summed at a time.
class Walk {
 public:
  Walk(long all, long channels) : rows(all), C(channels), together_(1) {
    constexpr long kMost = kMostVectors * kWidth;
    const auto narrow = [&] { return C % kWidth != 0 || 2 * C <= kMost; };
    for (; channels < kMost && rows % 2 == 0 && narrow(); rows /= 2, C *= 2) together_ *= 2;
  }
  // Of a channel's values, one for each channel of a row that is walked.
  std::vector<float> Repeated(const float *values) const {
    std::vector<float> all;
    all.reserve(C);
    for (long i = 0; i < together_; i++) all.insert(all.end(), values, values + Channels());
    return all;
  }
  // Of such a row's sums, those of each channel, in the first of them.
  void Join(std::vector<double> &sums) const {
    const long channels = Channels();
    for (long c = channels; c < C; c++) sums[c % channels] += sums[c];
  }

  long rows, C;

 private:
  long Channels() const { return C / together_; }
  long together_;
};

// Two sums a channel.
struct Sums {
  std::vector<double> first, second;
};

// N vectors of channels from c on, summed over a chunk's rows in registers.
template <int N, class Terms>
void SumBlock(const Terms &terms, long begin, long end, long C, long c, float *first, float *second) {
  Vec sums[N] = {}, others[N] = {};
  for (long r = begin; r < end; r++) {
    for (int j = 0; j < N; j++) terms(r * C, c + j * kWidth, Full{}, &sums[j], &others[j]);
  }
  for (int j = 0; j < N; j++) {
    Store(first + c + j * kWidth, sums[j]);
    Store(second + c + j * kWidth, others[j]);
  }
}

// terms(offset of the row, channel, width, &first, &second) adds a row's terms; chunks in float, their sums in double.
template <class Terms>
Sums ChannelSums(const Walk &walk, const Terms &terms) {
  constexpr int kMost = kMostVectors;
  const long C = walk.C;
  const Chunks chunks(walk.rows, C);
  const Buffer parts = NewBuffer(chunks.count * 2 * C);
  Parallel(chunks.count, [&](long k) {
    float *const first = parts.get() + k * 2 * C, *const second = first + C;
    const long begin = chunks.Begin(k), end = chunks.End(k);
    long c = 0;
    for (; c + kMost * kWidth <= C; c += kMost * kWidth) SumBlock<kMost>(terms, begin, end, C, c, first, second);
    for (; c + 2 * kWidth <= C; c += 2 * kWidth) SumBlock<2>(terms, begin, end, C, c, first, second);
    Vectors(C - c, [&](long i, auto width) {
      Vec sum = {}, other = {};
      for (long r = begin; r < end; r++) terms(r * C, c + i, width, &sum, &other);
      Store(first + c + i, sum, width);
      Store(second + c + i, other, width);
    });
  });
  Sums sums{std::vector<double>(C), std::vector<double>(C)};
  for (long k = 0; k < chunks.count; k++) {
    const float *const first = parts.get() + k * 2 * C;
    for (long c = 0; c < C; c++) {
      sums.first[c] += first[c];
      sums.second[c] += first[C + c];
    }
  }
  walk.Join(sums.first);
  walk.Join(sums.second);
  return sums;
}

// y = body(offset of the row, channel, width). From the end, which of a large map the sums have left in the caches.
template <class T, class Body>
void Map(T *y, const Walk &walk, const Body &body) {
  const long C = walk.C;
  const Chunks chunks(walk.rows, C);
  WithStore(y, walk.rows * C, C, [&](auto store) {
    const auto map = [&](long k) {
      for (long r = chunks.Begin(k); r < chunks.End(k); r++) {
        Vectors(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA { store(y + r * C + c, body(r * C, c, width), width); });
      }
      store.Finish();
    };
    Parallel(chunks.count, map, true);
  });
}

// The normalised map before the activation; forward and backward must round it alike.
template <class T, class Width>
ABLATE_INLINE Vec Normalised(const T *x, const float *mean, const float *scale, const float *beta, Width width) {
  return Fma(Load(x, width) - Load(mean, width), Load(scale, width), Load(beta, width));
}

// What a normalised map is made of, for each channel of a row that is walked.
class Affine {
 public:
  Affine(const Walk &walk, const float *mean, const std::vector<float> &scale, const float *beta)
      : mean_(walk.Repeated(mean)), scale_(walk.Repeated(scale.data())), beta_(walk.Repeated(beta)) {}
  const float *mean() const { return mean_.data(); }
  const float *scale() const { return scale_.data(); }
  const float *beta() const { return beta_.data(); }

 private:
  std::vector<float> mean_, scale_, beta_;
};

std::vector<float> Scale(const float *gamma, const float *rstd, long C) {
  std::vector<float> scale(C);
  for (long c = 0; c < C; c++) scale[c] = gamma[c] * rstd[c];
  return scale;
}

template <Activation A, class T>
void Normalise(const T *x, const Walk &walk, const Affine &affine, T *y) {
  const float *const mean = affine.mean(), *const scale = affine.scale(), *const beta = affine.beta();
  Map(y, walk, [=](long row, long c, auto width) ABLATE_INLINE_LAMBDA {
    return Activate<A>(Normalised(x + row + c, mean + c, scale + c, beta + c, width));
  });
}

}  // namespace

template <Activation A, class T>
void BatchNormForward(const T *x, const float *gamma, const float *beta, float epsilon,
                      const RunningStatistics &running, T *y, float *mean, float *rstd, long rows, long C) {
  const Walk walk(rows, C);
  // Sums of differences from the first row: no cancellation where the mean is large beside the deviation.
  std::vector<float> row(C);
  for (long c = 0; c < C; c++) row[c] = Load(x + c, 1)[0];
  const std::vector<float> rows_first = walk.Repeated(row.data());
  const float *const first = rows_first.data();
  const Sums sums = ChannelSums(walk, [=](long at, long c, auto width, Vec *sum, Vec *squares) ABLATE_INLINE_LAMBDA {
    const Vec d = Load(x + at + c, width) - Load(first + c, width);
    *sum += d;
    *squares = Fma(d, d, *squares);
  });
  for (long c = 0; c < C; c++) {
    const double shift = sums.first[c] / rows, average = first[c] + shift;
    const double variance = std::max(0.0, sums.second[c] / rows - shift * shift);
    mean[c] = static_cast<float>(average);
    rstd[c] = static_cast<float>(1 / std::sqrt(variance + epsilon));
    const double unbiased = variance * rows / std::max(1L, rows - 1), momentum = running.momentum;
    running.next_mean[c] = static_cast<float>((1 - momentum) * running.mean[c] + momentum * average);
    running.next_variance[c] = static_cast<float>((1 - momentum) * running.variance[c] + momentum * unbiased);
  }
  Normalise<A>(x, walk, Affine(walk, mean, Scale(gamma, rstd, C), beta), y);
}

template <Activation A, class T>
void BatchNormBackward(const T *dy, const T *x, const float *gamma, const float *beta, const float *means,
                       const float *rstd, bool frozen, T *dx, float *dgamma, float *dbeta, T *y, long rows, long C) {
  const Walk walk(rows, C);
  const Affine affine(walk, means, Scale(gamma, rstd, C), beta);
  const float *const mean = affine.mean(), *const scale = affine.scale(), *const shift = affine.beta();
  auto derivative = [=](long row, long c, auto width) ABLATE_INLINE_LAMBDA {
    const Vec d = Load(dy + row + c, width);
    if (A == Activation::kNone) return d;
    return Deactivate<A>(d, Normalised(x + row + c, mean + c, scale + c, shift + c, width));
  };
  // GELU's derivative is dear: it waits in dx for the second pass.
  constexpr bool kKept = A == Activation::kGelu;
  const Sums sums = ChannelSums(walk, [=](long row, long c, auto width, Vec *sum, Vec *product) ABLATE_INLINE_LAMBDA {
    Vec d = derivative(row, c, width);
    if (kKept) {
      Store(dx + row + c, d, width);
      d = Load(dx + row + c, width);  // as it is rounded there, so that it cancels with its own average
    }
    *sum += d;
    *product = Fma(d, Load(x + row + c, width) - Load(mean + c, width), *product);
  });
  // dx = scale (d - mean(d) - (x - mean) slope)
  std::vector<float> averages(C), slopes(C);
  for (long c = 0; c < C; c++) {
    const double product = sums.second[c] * rstd[c];
    dbeta[c] = static_cast<float>(sums.first[c]);
    dgamma[c] = static_cast<float>(product);
    if (frozen) continue;
    averages[c] = static_cast<float>(sums.first[c] / rows);
    slopes[c] = static_cast<float>(product / rows * rstd[c]);
  }
  averages = walk.Repeated(averages.data());
  slopes = walk.Repeated(slopes.data());
  const float *const average = averages.data(), *const slope = slopes.data();
  Map(dx, walk, [=](long row, long c, auto width) ABLATE_INLINE_LAMBDA {
    const Vec d = kKept ? Load(dx + row + c, width) : derivative(row, c, width);
    const Vec along = (Load(x + row + c, width) - Load(mean + c, width)) * Load(slope + c, width);
    if (y) Store(y + row + c, Activate<A>(Normalised(x + row + c, mean + c, scale + c, shift + c, width)), width);
    return Load(scale + c, width) * (d - Load(average + c, width) - along);
  });
}

template <Activation A, class T>
void BatchNormInference(const T *x, const float *gamma, const float *beta, const float *mean, const float *variance,
                        float epsilon, T *y, long rows, long C) {
  std::vector<float> scale(C);
  for (long c = 0; c < C; c++) scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
  const Walk walk(rows, C);
  Normalise<A>(x, walk, Affine(walk, mean, scale, beta), y);
}

#define ABLATE_INSTANTIATE(A, T)                                                                                      \
  template void BatchNormForward<A>(const T *, const float *, const float *, float, const RunningStatistics &, T *,   \
                                    float *, float *, long, long);                                                    \
  template void BatchNormBackward<A>(const T *, const T *, const float *, const float *, const float *,               \
                                     const float *, bool, T *, float *, float *, T *, long, long);                    \
  template void BatchNormInference<A>(const T *, const float *, const float *, const float *, const float *, float,   \
                                      T *, long, long);
ABLATE_EACH_KIND(ABLATE_INSTANTIATE)

}  // namespace ablate
