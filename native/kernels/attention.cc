// Attention inside windows. One head of one window is a task of its own: its scores stay in the caches and are computed
// again for the gradient, so that nothing of their size is ever written out. Shift and windows are only the order in
// which positions are read.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "pool.h"
#include "shares.h"
#include "unroll.h"

namespace ablate {
namespace {

constexpr long WholeVectors(long n) { return (n + kWidth - 1) / kWidth * kWidth; }

// Added to the scores of what only fills up a vector: its probability is 0.
constexpr float kNever = -1e30f;

// c[i][j] = sum over k of a[i][k] b[k][j]; b and c in whole vectors.
struct Product {
  const float *a;
  long a_row, a_step;
  const float *b;
  long b_row, depth;
  float *c;
  long c_row;
};

template <int R, int V>
void ProductTile(const Product &p, long row, long column) {
  Vec sums[R][V] = {};
  const float *a = p.a + row * p.a_row, *b = p.b + column;
  for (long k = 0; k < p.depth; k++, a += p.a_step, b += p.b_row) {
    Vec values[V];
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { values[v] = Load(b + v * kWidth); });
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
      const Vec factor = Broadcast(a[r * p.a_row]);
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[r][v] = Fma(factor, values[v], sums[r][v]); });
    });
  }
  Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { Store(p.c + (row + r) * p.c_row + column + v * kWidth, sums[r][v]); });
  });
}

constexpr int kMostRows = 6;

template <int V>
void ProductRows(const Product &p, long row, long rows, long column) {
  switch (rows) {
    case 1: return ProductTile<1, V>(p, row, column);
    case 2: return ProductTile<2, V>(p, row, column);
    case 3: return ProductTile<3, V>(p, row, column);
    case 4: return ProductTile<4, V>(p, row, column);
    case 5: return ProductTile<5, V>(p, row, column);
    default: return ProductTile<kMostRows, V>(p, row, column);
  }
}

template <int V>
void ProductColumns(const Product &p, long rows, long column) {
  // Tiles of nearly one height: a last one of a single row would wait for its own sums.
  const long tiles = Ceil(rows, kMostRows);
  for (long tile = 0, row = 0; tile < tiles; tile++) {
    const long height = rows / tiles + (tile < rows % tiles ? 1 : 0);
    ProductRows<V>(p, row, height, column);
    row += height;
  }
}

void Multiply(const Product &p, long rows, long columns) {
  constexpr int kColumns = kRegisters == 32 ? 4 : 2;
  long column = 0;
  for (; column + kColumns * kWidth <= columns; column += kColumns * kWidth) ProductColumns<kColumns>(p, rows, column);
  if (kColumns > 2 && column + 2 * kWidth <= columns) {
    ProductColumns<2>(p, rows, column);
    column += 2 * kWidth;
  }
  for (; column < columns; column += kWidth) ProductColumns<1>(p, rows, column);
}

// What all tasks of a call read: where a window's positions lie, what is added to the scores.
class Windows {
 public:
  Windows(const Attention &d, const float *bias)
      : positions(d.window * d.window),
        size(d.C / d.heads),
        wide_positions(WholeVectors(positions)),
        wide_size(WholeVectors(size)),
        count((d.H / d.window) * (d.W / d.window)),
        scale(1 / std::sqrt(static_cast<float>(size))),
        d_(d),
        across_(d.W / d.window),
        places_(d.H * d.W),
        bias_(NewBuffer(d.heads * positions * wide_positions)) {
    for (long row = 0; row < d.heads * positions; row++) {
      float *const line = bias_.get() + row * wide_positions;
      std::copy_n(bias + row * positions, positions, line);
      std::fill(line + positions, line + wide_positions, kNever);
    }
    for (long window = 0; window < count; window++) {
      for (long p = 0; p < positions; p++) {
        places_[window * positions + p] = (Row(window, p) + d.shift) % d.H * d.W + (Column(window, p) + d.shift) % d.W;
      }
    }
    if (d.shift > 0) MakeMasks();
  }

  const long *Places(long window) const { return places_.data() + window * positions; }
  const float *Bias(long head) const { return bias_.get() + head * positions * wide_positions; }
  // Null for a window whose positions all were neighbours before the shift.
  const float *Mask(long window) const {
    const int kind = Kind(window);
    return d_.shift > 0 && kind > 0 ? masks_.data() + (kind - 1) * positions * wide_positions : nullptr;
  }

  const long positions, size, wide_positions, wide_size, count;
  const float scale;

 private:
  // In the shifted map.
  long Row(long window, long p) const { return window / across_ * d_.window + p / d_.window; }
  long Column(long window, long p) const { return window % across_ * d_.window + p % d_.window; }
  // 1 in the last column of windows, 2 in the last row, 3 in both.
  int Kind(long window) const { return (window % across_ == across_ - 1) + 2 * (window >= count - across_); }

  // As the authors' code has it: -100 between what the shift brought together.
  void MakeMasks() {
    const long down = count / across_;
    const long examples[] = {across_ - 1, (down - 1) * across_, count - 1};
    masks_.assign(3 * positions * wide_positions, 0.0f);
    for (long kind = 0; kind < 3; kind++) {
      auto region = [&](long p) {
        const long row = d_.H - Row(examples[kind], p), column = d_.W - Column(examples[kind], p);
        return std::make_pair(kind > 0 && row <= d_.shift, kind != 1 && column <= d_.shift);
      };
      for (long i = 0; i < positions; i++) {
        for (long j = 0; j < positions; j++) {
          if (region(i) != region(j)) masks_[(kind * positions + i) * wide_positions + j] = -100.0f;
        }
      }
    }
  }

  const Attention d_;
  const long across_;
  std::vector<long> places_;
  const Buffer bias_;
  std::vector<float> masks_;
};

// One head of one window, in the calling thread's scratch memory: of floats, whatever the maps are made of.
template <class T>
class Head {
 public:
  Head(const Windows &w, const Attention &d) : w_(w), d_(d) {
    const long tall = w.positions * w.wide_size, flat = w.wide_size * w.wide_positions;
    const long square = w.positions * w.wide_positions;
    float *next = Scratch(Slot::kInput, 4 * tall + 2 * flat + 2 * square);
    for (float **area : {&queries_, &keys_, &slopes_, &result_}) *area = next, next += tall;
    for (float **area : {&keys_across_, &values_across_}) *area = next, next += flat;
    for (float **area : {&scores_, &score_slopes_}) *area = next, next += square;
  }

  void Forward(const T *qkv, long sample, long window, long head, T *y) {
    const long *const places = w_.Places(window);
    const T *const map = qkv + sample * d_.H * d_.W * 3 * d_.C + head * w_.size;
    float *const values = slopes_;
    Probabilities(map, window, head);
    Gather(map + 2 * d_.C, 3 * d_.C, places, 1, values);
    Multiply({scores_, w_.wide_positions, 1, values, w_.wide_size, w_.positions, result_, w_.wide_size}, w_.positions,
             w_.wide_size);
    Scatter(places, 1, y + sample * d_.H * d_.W * d_.C + head * w_.size, d_.C);
  }

  // Adds to dbias [positions][wide positions].
  void Backward(const T *dy, const T *qkv, long sample, long window, long head, T *dqkv, float *dbias) {
    const long *const places = w_.Places(window), P = w_.positions, wide = w_.wide_positions, size = w_.wide_size;
    const long at = sample * d_.H * d_.W * 3 * d_.C + head * w_.size;
    const T *const map = qkv + at;
    T *const out = dqkv + at;
    Probabilities(map, window, head);
    Gather(dy + sample * d_.H * d_.W * d_.C + head * w_.size, d_.C, places, 1, slopes_);
    // dv = p' dy
    Multiply({scores_, 1, wide, slopes_, size, P, result_, size}, P, size);
    Scatter(places, 1, out + 2 * d_.C, 3 * d_.C);
    // dp = dy v'
    Gather(map + 2 * d_.C, 3 * d_.C, places, 1, result_);
    Transpose(result_, values_across_);
    Multiply({slopes_, size, 1, values_across_, wide, w_.size, score_slopes_, wide}, P, wide);
    SoftmaxGradient(dbias);
    // dq = scale ds k, dk = scale ds' q; the queries were scaled when they were read.
    Multiply({score_slopes_, wide, 1, keys_, size, P, result_, size}, P, size);
    Scatter(places, w_.scale, out, 3 * d_.C);
    Multiply({score_slopes_, 1, wide, queries_, size, P, result_, size}, P, size);
    Scatter(places, 1, out + d_.C, 3 * d_.C);
  }

 private:
  // Scaled queries, keys, and the scores' softmax.
  void Probabilities(const T *map, long window, long head) {
    const long *const places = w_.Places(window);
    Gather(map, 3 * d_.C, places, w_.scale, queries_);
    Gather(map + d_.C, 3 * d_.C, places, 1, keys_);
    Transpose(keys_, keys_across_);
    const long wide = w_.wide_positions;
    Multiply({queries_, w_.wide_size, 1, keys_across_, wide, w_.size, scores_, wide}, w_.positions, wide);
    Softmax(w_.Bias(head), w_.Mask(window));
  }

  // [positions][size], each row filled up with zeros.
  void Gather(const T *map, long pixel, const long *places, float factor, float *out) const {
    for (long p = 0; p < w_.positions; p++, out += w_.wide_size) {
      const T *const in = map + places[p] * pixel;
      Vectors(w_.size, [=](long i, auto width) ABLATE_INLINE_LAMBDA { Store(out + i, Load(in + i, width) * factor); });
    }
  }

  // [size][positions] of what was gathered, each row filled up with zeros.
  void Transpose(const float *gathered, float *out) const {
    const long wide = w_.wide_positions;
    long p = 0;
    for (; p + 4 <= w_.positions; p += 4) {
      const auto in = [&](long i) { return gathered + (p + i) * w_.wide_size; };
      const float *const rows[] = {in(0), in(1), in(2), in(3)};
      long i = 0;
      for (; i + 4 <= w_.size; i += 4) {
        TransposeBlock({rows[0] + i, rows[1] + i, rows[2] + i, rows[3] + i}, out + i * wide + p, wide);
      }
      for (; i < w_.size; i++) {
        for (long q = 0; q < 4; q++) out[i * wide + p + q] = rows[q][i];
      }
    }
    for (; p < w_.positions; p++) {
      for (long i = 0; i < w_.size; i++) out[i * wide + p] = gathered[p * w_.wide_size + i];
    }
    for (long i = 0; i < w_.size; i++) {
      std::fill(out + i * w_.wide_positions + w_.positions, out + (i + 1) * w_.wide_positions, 0.0f);
    }
  }

  void Scatter(const long *places, float factor, T *map, long pixel) const {
    const float *in = result_;
    for (long p = 0; p < w_.positions; p++, in += w_.wide_size) {
      T *const out = map + places[p] * pixel;
      Vectors(w_.size, [=](long i, auto width) ABLATE_INLINE_LAMBDA { Store(out + i, Load(in + i) * factor, width); });
    }
  }

  void Softmax(const float *bias, const float *mask) {
    for (long i = 0; i < w_.positions; i++) {
      const long from = i * w_.wide_positions;
      float *const row = scores_ + from;
      Vec greatest = Broadcast(kNever);
      for (long j = 0; j < w_.wide_positions; j += kWidth) {
        Vec score = Load(row + j) + Load(bias + from + j);
        if (mask) score += Load(mask + from + j);
        Store(row + j, score);
        greatest = Max(score, greatest);
      }
      const float top = Greatest(greatest);
      Vec sums = {};
      for (long j = 0; j < w_.wide_positions; j += kWidth) {
        const Vec below = Load(row + j) - top;
        // So far below the greatest nothing is left in float32; as denormal numbers they would be slow.
        const Vec e = below < Broadcast(-80.0f) ? Vec{} : ExpOfNegative(below);
        sums += e;
        Store(row + j, e);
      }
      const float inverse = 1 / Sum(sums);
      for (long j = 0; j < w_.wide_positions; j += kWidth) Store(row + j, Load(row + j) * inverse);
    }
  }

  // ds = p (dp - sum p dp), in the place of dp.
  void SoftmaxGradient(float *dbias) {
    for (long i = 0; i < w_.positions; i++) {
      const long from = i * w_.wide_positions;
      const float *const row = scores_ + from;
      float *const slopes = score_slopes_ + from;
      Vec sums = {};
      for (long j = 0; j < w_.wide_positions; j += kWidth) sums += Load(row + j) * Load(slopes + j);
      const float along = Sum(sums);
      for (long j = 0; j < w_.wide_positions; j += kWidth) {
        const Vec slope = Load(row + j) * (Load(slopes + j) - along);
        Store(slopes + j, slope);
        Store(dbias + from + j, Load(dbias + from + j) + slope);
      }
    }
  }

  const Windows &w_;
  const Attention &d_;
  float *queries_, *keys_, *slopes_, *result_, *keys_across_, *values_across_, *scores_, *score_slopes_;
};

}  // namespace

template <class T>
void AttentionForward(const T *qkv, const float *bias, const Attention &d, T *y) {
  const Windows windows(d, bias);
  const long units = d.N * windows.count * d.heads, share = std::max(1L, units / 256);
  Parallel(Ceil(units, share), [&](long task) {
    Head<T> head(windows, d);
    for (long unit = task * share; unit < std::min(units, (task + 1) * share); unit++) {
      const long window = unit / d.heads;
      head.Forward(qkv, window / windows.count, window % windows.count, unit % d.heads, y);
    }
  });
}

template <class T>
void AttentionBackward(const T *dy, const T *qkv, const float *bias, const Attention &d, T *dqkv, float *dbias) {
  const Windows windows(d, bias);
  // All tasks of a head add to the bias's gradient, each to a sum of its own.
  const long all = d.N * windows.count, share = std::max(1L, all / std::max(1L, 64 / d.heads));
  const long parts = Ceil(all, share), wide = windows.wide_positions, square = windows.positions * wide;
  const Buffer sums = NewBuffer(parts * d.heads * square);
  Parallel(parts * d.heads, [&](long task) {
    const long part = task / d.heads;
    float *const own = sums.get() + task * square;
    std::fill_n(own, square, 0.0f);
    Head<T> head(windows, d);
    for (long window = part * share; window < std::min(all, (part + 1) * share); window++) {
      head.Backward(dy, qkv, window / windows.count, window % windows.count, task % d.heads, dqkv, own);
    }
  });
  Parallel(d.heads, [&](long head) {
    for (long i = 0; i < windows.positions; i++) {
      SumRows(sums.get() + head * square + i * wide, parts, d.heads * square, windows.positions,
              dbias + (head * windows.positions + i) * windows.positions);
    }
  });
}

#define ABLATE_INSTANTIATE(T)                                                            \
  template void AttentionForward(const T *, const float *, const Attention &, T *);      \
  template void AttentionBackward(const T *, const T *, const float *, const Attention &, T *, float *);
ABLATE_INSTANTIATE(float)
ABLATE_INSTANTIATE(Bfloat16)

}  // namespace ablate
