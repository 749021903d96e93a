// Batch norm over rows, channel by channel, with an activation after it. Forward and backward each read the map twice:
// once for the sums, once for the result. The activation's input is computed again backward instead of being kept.
#include <algorithm>
#include <utility>
#include <vector>

#include "kernels.h"
#include "pool.h"
#include "unroll.h"

namespace ablate {
namespace {

constexpr int kMostVectors = kRegisters == 32 ? 4 : 2;  // of channels, summed at a time

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

// Vectors of channels from c on, summed over a chunk's rows in registers.
template <class Terms, int... I>
void SumBlock(const Terms &terms, long begin, long end, long C, long c, float *first, float *second,
              std::integer_sequence<int, I...>) {
  constexpr int kCount = sizeof...(I);
  const decltype(terms(c, Full{})) each[kCount] = {terms(c + I * kWidth, Full{})...};
  Vec sums[kCount] = {}, others[kCount] = {};
  for (long r = begin; r < end; r++) (each[I](r * C + c + I * kWidth, Full{}, &sums[I], &others[I]), ...);
  (Store(first + c + I * kWidth, sums[I]), ...);
  (Store(second + c + I * kWidth, others[I]), ...);
}

// terms(c, width) gives what adds a row's terms of channels from c on: (where they lie, width, &first, &second). Chunks are
// summed in float, their sums in double.
template <class Terms>
Sums ChannelSums(const Walk &walk, const Terms &terms) {
  const long C = walk.C;
  const Chunks chunks(walk.rows, C);
  const Buffer parts = NewBuffer(chunks.count * 2 * C);
  Parallel(chunks.count, [&](long k) {
    float *const first = parts.get() + k * 2 * C, *const second = first + C;
    const long begin = chunks.Begin(k), end = chunks.End(k);
    long c = 0;
    const auto blocks = [&](auto count) {
      for (; c + count * kWidth <= C; c += count * kWidth) {
        SumBlock(terms, begin, end, C, c, first, second, std::make_integer_sequence<int, count()>{});
      }
    };
    blocks(std::integral_constant<int, kMostVectors>{});
    blocks(std::integral_constant<int, 1>{});
    if (c == C) return;
    const int rest = static_cast<int>(C - c);
    Vec sum = {}, other = {};
    for (long r = begin; r < end; r++) terms(c, rest)(r * C + c, rest, &sum, &other);
    Store(first + c, sum, rest);
    Store(second + c, other, rest);
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

// body(c, width) gives what makes a row's values of channels from c on: (where they lie, width). From the end, which of a large
// map the sums have left in the caches.
template <class T, class Body>
void Map(T *y, const Walk &walk, const Body &body) {
  const long C = walk.C;
  const Chunks chunks(walk.rows, C);
  WithStore(y, walk.rows * C, C, [&](auto store) {
    // What is loaded of a channel serves several rows; but what streams past the caches does so row by row.
    constexpr int kRows = std::is_same_v<decltype(store), Streamed> ? 1 : 4;
    const auto map = [&](long k) {
      const long end = chunks.End(k);
      const auto rows = [&](long first, auto count) {
        Vectors(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
          const auto value = body(c, width);
          Unroll<count()>([&](auto i) ABLATE_INLINE_LAMBDA {
            const long at = (first + i) * C + c;
            store(y + at, value(at, width), width);
          });
        });
      };
      long row = chunks.Begin(k);
      for (; row + kRows <= end; row += kRows) rows(row, std::integral_constant<int, kRows>{});
      for (; row < end; row++) rows(row, std::integral_constant<int, 1>{});
      store.Finish();
    };
    Parallel(chunks.count, map, true);
  });
}

// The normalised map before the activation; forward and backward must round it alike.
ABLATE_INLINE Vec Normalised(Vec x, Vec mean, Vec scale, Vec beta) { return Fma(x - mean, scale, beta); }

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

// finish(where it lies, width, a normalised value) gives what is stored of it.
template <class T, class Finish>
void Normalise(const T *x, const Walk &walk, const Affine &affine, T *y, const Finish &finish) {
  const float *const means = affine.mean(), *const scales = affine.scale(), *const betas = affine.beta();
  Map(y, walk, [=](long c, auto given) ABLATE_INLINE_LAMBDA {
    const Vec mean = Load(means + c, given), scale = Load(scales + c, given), beta = Load(betas + c, given);
    return [=](long at, auto width) ABLATE_INLINE_LAMBDA {
      return finish(at, width, Normalised(Load(x + at, width), mean, scale, beta));
    };
  });
}

template <Activation A, class T>
void Normalise(const T *x, const Walk &walk, const Affine &affine, T *y) {
  Normalise(x, walk, affine, y, [](long, auto, Vec value) ABLATE_INLINE_LAMBDA { return Activate<A>(value); });
}

// Mean and rstd of each channel, and what they make of the running ones.
template <class T>
void Statistics(const T *x, const Walk &walk, float epsilon, const RunningStatistics &running, float *mean, float *rstd,
                long rows, long C) {
  // Sums of differences from the first row: no cancellation where the mean is large beside the deviation.
  std::vector<float> row(C);
  for (long c = 0; c < C; c++) row[c] = Load(x + c, 1)[0];
  const std::vector<float> rows_first = walk.Repeated(row.data());
  const float *const first = rows_first.data();
  const Sums sums = ChannelSums(walk, [=](long c, auto given) ABLATE_INLINE_LAMBDA {
    const Vec from = Load(first + c, given);
    return [=](long at, auto width, Vec *sum, Vec *squares) ABLATE_INLINE_LAMBDA {
      const Vec d = Load(x + at, width) - from;
      *sum += d;
      *squares = Fma(d, d, *squares);
    };
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
}

// y = activation(shortcut + keep[sample] norm(x)), in what order and roundings ResidualForward adds a norm's map. Row by row: of
// rows that are walked as one, each may be another sample's.
template <Activation A, class T>
void NormaliseKept(const T *x, const float *mean, const std::vector<float> &scale, const float *beta, const T *shortcut,
                   const float *keep, long positions, T *y, long rows, long C) {
  const Chunks chunks(rows, C);
  WithStore(y, rows * C, C, [&](auto store) {
    const auto map = [&](long k) {
      for (long row = chunks.Begin(k); row < chunks.End(k); row++) {
        const Vec kept = Broadcast(keep[row / positions]);
        Vectors(C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
          const long at = row * C + c;
          const Vec branch = Normalised(Load(x + at, width), Load(mean + c, width), Load(scale.data() + c, width),
                                        Load(beta + c, width));
          store(y + at, Activate<A>(Fma(kept, Kept<T>(branch) + Vec{}, Load(shortcut + at, width))), width);
        });
      }
      store.Finish();
    };
    Parallel(chunks.count, map, true);
  });
}

}  // namespace

template <Activation A, class T>
void BatchNormForward(const T *x, const float *gamma, const float *beta, float epsilon,
                      const RunningStatistics &running, T *y, float *mean, float *rstd, long rows, long C) {
  const Walk walk(rows, C);
  Statistics(x, walk, epsilon, running, mean, rstd, rows, C);
  Normalise<A>(x, walk, Affine(walk, mean, Scale(gamma, rstd, C), beta), y);
}

template <Activation A, class T>
void BatchNormResidualForward(const T *x, const float *gamma, const float *beta, float epsilon,
                              const RunningStatistics &running, const T *shortcut, const float *keep, long samples, T *y,
                              float *mean, float *rstd, long rows, long C) {
  const Walk walk(rows, C);
  Statistics(x, walk, epsilon, running, mean, rstd, rows, C);
  const std::vector<float> scale = Scale(gamma, rstd, C);
  if (keep) return NormaliseKept<A>(x, mean, scale, beta, shortcut, keep, rows / samples, y, rows, C);
  Normalise(x, walk, Affine(walk, mean, scale, beta), y, [=](long at, auto width, Vec value) ABLATE_INLINE_LAMBDA {
    return Activate<A>(Load(shortcut + at, width) + Kept<T>(value));
  });
}

template <Activation A, class T>
void BatchNormBackward(const T *dy, const T *x, const float *gamma, const float *given_beta, const float *given_mean,
                       const float *rstd, bool frozen, T *dx, float *dgamma, float *dbeta, T *y, long rows, long C) {
  const Walk walk(rows, C);
  const Affine affine(walk, given_mean, Scale(gamma, rstd, C), given_beta);
  const float *const means = affine.mean(), *const scales = affine.scale(), *const betas = affine.beta();
  // The slope of a normalised value, from that of what the activation makes of it.
  const auto derivative = [](Vec d, Vec value, Vec mean, Vec scale, Vec beta) ABLATE_INLINE_LAMBDA {
    return A == Activation::kNone ? d : Deactivate<A>(d, Normalised(value, mean, scale, beta));
  };
  // GELU's derivative is dear: it waits in dx for the second pass.
  constexpr bool kKept = A == Activation::kGelu;
  const Sums sums = ChannelSums(walk, [=](long c, auto given) ABLATE_INLINE_LAMBDA {
    const Vec mean = Load(means + c, given), scale = Load(scales + c, given), beta = Load(betas + c, given);
    return [=](long at, auto width, Vec *sum, Vec *product) ABLATE_INLINE_LAMBDA {
      const Vec value = Load(x + at, width);
      Vec d = derivative(Load(dy + at, width), value, mean, scale, beta);
      if (kKept) {
        Store(dx + at, d, width);
        d = Load(dx + at, width);  // as it is rounded there, so that it cancels with its own average
      }
      *sum += d;
      *product = Fma(d, value - mean, *product);
    };
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
  Map(dx, walk, [=](long c, auto given) ABLATE_INLINE_LAMBDA {
    const Vec mean = Load(means + c, given), scale = Load(scales + c, given), beta = Load(betas + c, given);
    const Vec averaged = Load(average + c, given), sloped = Load(slope + c, given);
    return [=](long at, auto width) ABLATE_INLINE_LAMBDA {
      const Vec value = Load(x + at, width);
      const Vec d = kKept ? Load(dx + at, width) : derivative(Load(dy + at, width), value, mean, scale, beta);
      if (y) Store(y + at, Activate<A>(Normalised(value, mean, scale, beta)), width);
      return scale * (d - averaged - (value - mean) * sloped);
    };
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
  template void BatchNormResidualForward<A>(const T *, const float *, const float *, float, const RunningStatistics &, \
                                            const T *, const float *, long, T *, float *, float *, long, long);       \
  template void BatchNormBackward<A>(const T *, const T *, const float *, const float *, const float *,               \
                                     const float *, bool, T *, float *, float *, T *, long, long);                    \
  template void BatchNormInference<A>(const T *, const float *, const float *, const float *, const float *, float,   \
                                      T *, long, long);
ABLATE_EACH_KIND(ABLATE_INSTANTIATE)

}  // namespace ablate
