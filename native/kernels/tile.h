// The inner loops of depthwise and grouped convolution. A vector holds channels of one position; a tile of positions of
// one row, or a block of a filter's taps, is held in registers, and every value of the map is loaded once for all the
// products it is part of. What lies outside of the map is skipped, not multiplied by zero.
#ifndef ABLATE_KERNELS_TILE_H_
#define ABLATE_KERNELS_TILE_H_

#include <algorithm>

#include "element.h"
#include "unroll.h"

namespace ablate {

template <class T>
ABLATE_INLINE Vec LoadLanes(const T *p, int lanes) {
  return lanes == kWidth ? Load(p) : Load(p, lanes);
}

// `lanes` channels of `count` positions that lie `pixel` apart, as `vectors`; returns these.
template <class T>
const float *Gather(const T *map, long count, long pixel, int lanes, float *vectors) {
  if (lanes == kWidth) {
    for (long p = 0; p < count; p++) Store(vectors + p * kWidth, Load(map + p * pixel));
  } else {
    for (long p = 0; p < count; p++) Store(vectors + p * kWidth, Load(map + p * pixel, lanes));
  }
  return vectors;
}

// Where a tile's sums go: to a map of floats, or rounded.
struct Outputs {
  Outputs(float *floats) : floats(floats) {}
  Outputs(Bfloat16 *halves) : halves(halves) {}
  float *floats = nullptr;
  Bfloat16 *halves = nullptr;
};

// Products of map rows ("lines") with rows of K taps, summed into one row of outputs.
struct RowCall {
  const float *const *lines;
  long count;            // of lines
  long width, pixel;     // positions in a line, and floats from one to the next
  const float *weights;  // [count][K] vectors
  long padding;          // zeros that stand before the line
  const float *bias;     // a vector, or null
  Outputs out;
  long outputs, out_pixel;
  int lanes;  // how many of a vector's are stored
  bool streamed = false;  // stored past the caches: whole vectors that are whole lines of them
};

// The taps that meet place J of a tile's span, every S-th from the first on: tap k makes output (J - k) / S.
template <int K, int S, int T, int J>
struct Meeting {
  static constexpr int kFirst = std::max(J % S, J - (T - 1) * S), kLast = std::min(K - 1, J);
  static constexpr int kCount = kLast < kFirst ? 0 : (kLast - kFirst) / S + 1;
};

template <int K, int S, int T>
void RowTile(const RowCall &call, long first) {
  constexpr int kSpan = (T - 1) * S + K;
  const long left = first * S - call.padding, outputs = std::min<long>(T, call.outputs - first);
  const int from = static_cast<int>(std::max(0L, -left)), to = static_cast<int>(std::min<long>(kSpan, call.width - left));
  const Vec bias = call.bias ? Load(call.bias) : Vec{};
  Vec sums[T];
  Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA { sums[t] = bias; });
  for (long line = 0; line < call.count; line++) {
    const float *at = call.lines[line] + left * call.pixel;
    Vec taps[K];
    Unroll<K>([&](auto k) ABLATE_INLINE_LAMBDA { taps[k] = Load(call.weights + (line * K + k) * kWidth); });
    Unroll<kSpan>([&](auto j) ABLATE_INLINE_LAMBDA {
      if (j >= from && j < to) {
        const Vec value = Load(at);
        using Taps = Meeting<K, S, T, decltype(j)::value>;
        Unroll<Taps::kCount>([&](auto n) ABLATE_INLINE_LAMBDA {
          const int k = Taps::kFirst + n * S;
          sums[(j - k) / S] = Fma(value, taps[k], sums[(j - k) / S]);
        });
      }
      at += call.pixel;
    });
  }
  const auto store = [&](auto *map, auto put, auto width) ABLATE_INLINE_LAMBDA {
    auto *const out = map + first * call.out_pixel;
    Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA {
      if (t < outputs) put(out + t * call.out_pixel, sums[t], width);
    });
  };
  const Outputs &out = call.out;
  if (call.streamed) store(out.floats, Streamed{}, Full{});
  else if (out.floats && call.lanes == kWidth) store(out.floats, Cached{}, Full{});
  else if (out.floats) store(out.floats, Cached{}, call.lanes);
  else if (call.lanes == kWidth) store(out.halves, Cached{}, Full{});
  else store(out.halves, Cached{}, call.lanes);
}

template <int K, int S, int T>
void Row(const RowCall &call) {
  for (long first = 0; first < call.outputs; first += T) RowTile<K, S, T>(call, first);
}

using RowFunction = void (*)(const RowCall &);

// The row function whose tiles fit `outputs` best.
template <int K, int S, int... Tiles>
RowFunction BestRow(long outputs, std::integer_sequence<int, Tiles...>) {
  RowFunction best = nullptr;
  long least = 0;
  auto consider = [&](long tile, RowFunction row) {
    // A tile costs its positions and about one more for its beginning and end.
    const long cost = (outputs + tile - 1) / tile * (tile + 1);
    if (!best || cost < least) best = row, least = cost;
  };
  (consider(Tiles, Row<K, S, Tiles>), ...);
  return best;
}

template <int K, int S>
RowFunction FittingRow(long outputs) {
  // Every tile takes its time to compile: only the kernels that networks mostly have get one for every width.
  constexpr bool kCommon = S == 1 && (K == 3 || K == 7);
  constexpr bool kWide = kRegisters == 32;
  if constexpr (kCommon && kWide) {
    return BestRow<K, S>(outputs, std::integer_sequence<int, 16, 14, 8, 7, 4, 2>{});
  } else if constexpr (kCommon) {
    return BestRow<K, S>(outputs, std::integer_sequence<int, 8, 7, 4, 2>{});
  } else if constexpr (kWide) {
    return BestRow<K, S>(outputs, std::integer_sequence<int, 14, 8, 4>{});
  } else {
    return BestRow<K, S>(outputs, std::integer_sequence<int, 8, 4>{});
  }
}

// Sums over positions of map value times gradient, for B rows of K taps: the gradient of a filter.
struct FilterCall {
  const float *map;  // the first row, at the column of the first tap for output 0
  long height, width, row, pixel;
  long turn;         // rows' numbers that are looked at: a ring of rows has few of them
  long top, left;    // the position of the first tap of row 0 for output 0, negative in the padding
  const float *dy;
  long out_height, out_width, out_row, out_pixel;
  int lanes;
};

template <int K, int S, int T, int B>
ABLATE_INLINE void FilterTile(const FilterCall &call, long oh, long first, int block, Vec (&sums)[B][K]) {
  constexpr int kSpan = (T - 1) * S + K;
  const long left = call.left + first * S, outputs = std::min<long>(T, call.out_width - first);
  const int from = static_cast<int>(std::max(0L, -left)), to = static_cast<int>(std::min<long>(kSpan, call.width - left));
  Vec slopes[T];
  Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA {
    const float *const dy = call.dy + oh * call.out_row + (first + t) * call.out_pixel;
    slopes[t] = t >= outputs ? Vec{} : LoadLanes(dy, call.lanes);
  });
  Unroll<B>([&](auto b) ABLATE_INLINE_LAMBDA {
    const long line = call.top + oh * S + block + b;
    if (line < 0 || line >= call.height) return;
    const float *at = call.map + (line & call.turn) * call.row + first * S * call.pixel;
    Unroll<kSpan>([&](auto j) ABLATE_INLINE_LAMBDA {
      if (j >= from && j < to) {
        const Vec value = Load(at);
        using Taps = Meeting<K, S, T, decltype(j)::value>;
        Unroll<Taps::kCount>([&](auto n) ABLATE_INLINE_LAMBDA {
          const int k = Taps::kFirst + n * S;
          sums[b][k] = Fma(value, slopes[(j - k) / S], sums[b][k]);
        });
      }
      at += call.pixel;
    });
  });
}

// Adds to `taps` [K][K] vectors: rows `block` to `block + B` of them.
template <int K, int S, int T, int B>
void FilterRows(const FilterCall &call, int block, float *taps) {
  Vec sums[B][K];
  float *const out = taps + block * K * kWidth;
  Unroll<B * K>([&](auto i) ABLATE_INLINE_LAMBDA { sums[i / K][i % K] = Load(out + i * kWidth); });
  for (long oh = 0; oh < call.out_height; oh++) {
    for (long first = 0; first < call.out_width; first += T) FilterTile<K, S, T, B>(call, oh, first, block, sums);
  }
  Unroll<B * K>([&](auto i) ABLATE_INLINE_LAMBDA { Store(out + i * kWidth, sums[i / K][i % K]); });
}

// All K x K taps, as many rows at a time as registers hold.
template <int K, int S, int T>
void Filter(const FilterCall &call, float *taps) {
  constexpr int kRows = kRegisters == 32 ? (K <= 7 ? 3 : 2) : K <= 3 ? 3 : 1;
  int block = 0;
  for (; block + kRows <= K; block += kRows) FilterRows<K, S, T, kRows>(call, block, taps);
  if constexpr (K % kRows != 0) FilterRows<K, S, T, K % kRows>(call, block, taps);
}

using FilterFunction = void (*)(const FilterCall &, float *);

template <int K, int S>
FilterFunction FittingFilter(long outputs) {
  if (outputs <= 2) return Filter<K, S, 2>;
  return (outputs + 6) / 7 * 8 < (outputs + 3) / 4 * 5 ? Filter<K, S, 7> : Filter<K, S, 4>;
}

// Any columns of taps that an odd kernel up to 11 has, or its phases at stride 2. Stride 2 itself: odd columns only, as are
// the kernels of filters.
RowFunction VectorRow(int columns, int stride, long outputs);
RowFunction StridedRow(int columns, long outputs);
FilterFunction VectorFilter(int kernel, int stride, long outputs);
FilterFunction StridedFilter(int kernel, long outputs);

}  // namespace ablate

#endif
