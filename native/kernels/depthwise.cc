// Depthwise convolution: every channel its own filter. A task is a vector of channels of a few samples.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "phase.h"
#include "pool.h"
#include "tile.h"

namespace ablate {
namespace {

// A correlation of a map with taps into every `step`-th column of an output's rows.
struct Correlation {
  long in_height, in_width, out_width;
  int rows, columns;  // of taps
  long top, left;     // padding
  int stride;
  long out_step;  // columns of the output's row from one to the next
  RowFunction row;
  bool streamed;  // by tiles
};

// Where a vector of floats is a line of the caches, a large output's need not come into them to be overwritten.
template <class T>
bool StreamsLines(const T *out, long count, long C) {
  return std::is_same_v<T, float> && kWidth == kLine && Streams(out, count, C);
}

// Samples and vectors of channels cut into tasks that are worth a thread's while. A task goes through its rows one by
// one and in each through its vectors: side by side they share pages and what the hardware fetches ahead. How many is
// bound by their taps, which must stay in L1.
struct Tasks {
  long samples, size, groups, blocks, width, columns;
  Tasks(long N, long C, long positions, long taps) : samples(N), blocks((C + kWidth - 1) / kWidth) {
    width = std::max(1L, std::min({blocks, kTaps / taps, N * blocks / 16}));
    size = std::min(N, std::max(1L, 20000 / std::max(positions * taps * width, 1L)));
    groups = size ? (N + size - 1) / size : 0;
    columns = (blocks + width - 1) / width;
  }
  long count() const { return groups * columns; }
  long Begin(long task) const { return task / columns * size; }
  long End(long task) const { return std::min(samples, Begin(task) + size); }
  long FirstBlock(long task) const { return task % columns * width; }
  long Blocks(long task) const { return std::min(width, blocks - FirstBlock(task)); }

  static constexpr long kTaps = 216;
};

// What a task reads of a map: `blocks` vectors of channels from c on.
template <class T>
struct Part {
  const T *map;
  long height, width, C, c, blocks;
  Part(const T *map, long height, long width, long C, const Tasks &tasks, long task)
      : map(map), height(height), width(width), C(C), c(tasks.FirstBlock(task) * kWidth), blocks(tasks.Blocks(task)) {}
  int lanes(long block) const { return static_cast<int>(std::min<long>(kWidth, C - c - block * kWidth)); }
  const T *Row(long n, long row) const { return map + (n * height + row) * width * C + c; }
};

// Positions of one vector of channels. A row lies where its number's lowest bits say: all of them, or those of a ring.
struct Positions {
  const float *data;
  long row, pixel, mask;
  const float *Row(long number) const { return data + (number & mask) * row; }
};

// Rows [first, last), some of which may lie in the padding.
struct Rows {
  long first, last;
};

// A sample as tiles read it.
template <class T>
class Sample;

// In place; but a last vector that lanes do not fill is copied beside zeros, so that loads do not run past the map's end.
template <>
class Sample<float> {
 public:
  Sample(const Part<float> &part, long n, long) : part_(part), in_(part.Row(n, 0)) {
    const long last = part.blocks - 1, positions = part.height * part.width;
    if (part.lanes(last) == kWidth) return;
    last_ = Gather(in_ + last * kWidth, positions, part.C, part.lanes(last), Scratch(Slot::kInput, positions * kWidth));
  }
  void Reach(const Rows &) {}
  Positions Of(long block) const {
    if (part_.lanes(block) < kWidth) return {last_, part_.width * kWidth, kWidth, -1};
    return {in_ + block * kWidth, part_.width * part_.C, part_.C, -1};
  }

 private:
  const Part<float> &part_;
  const float *in_, *last_ = nullptr;
};

// Widened, for every value is read many times; in rings of rows, of which at most `most` are read at a time.
template <>
class Sample<Bfloat16> {
 public:
  Sample(const Part<Bfloat16> &part, long n, long most) : part_(part), n_(n), row_(part.width * kWidth) {
    while (slots_ < std::min(most, part.height)) slots_ *= 2;
    rings_ = Scratch(Slot::kInput, part.blocks * slots_ * row_);
  }
  // Never back.
  void Reach(const Rows &rows) {
    for (next_ = std::max(next_, rows.first); next_ < std::min(rows.last, part_.height); next_++) {
      for (long block = 0; block < part_.blocks; block++) {
        Gather(part_.Row(n_, next_) + block * kWidth, part_.width, part_.C, part_.lanes(block),
               rings_ + (block * slots_ + (next_ & (slots_ - 1))) * row_);
      }
    }
  }
  Positions Of(long block) const { return {rings_ + block * slots_ * row_, row_, kWidth, slots_ - 1}; }

 private:
  const Part<Bfloat16> &part_;
  const long n_, row_;
  float *rings_;
  long slots_ = 1, next_ = 0;
};

// Output row `oh`.
void Correlate(const Positions &in, const float *weights, const float *bias, const Correlation &k, long oh,
               const Outputs &out, int lanes) {
  const float *lines[16];
  const long top = oh * k.stride - k.top;
  const long from = std::max(0L, -top), to = std::min<long>(k.rows, k.in_height - top);
  for (long i = from; i < to; i++) lines[i - from] = in.Row(top + i);
  k.row({lines, std::max(0L, to - from), k.in_width, in.pixel, weights + from * k.columns * kWidth, k.left, bias, out,
         k.out_width, k.out_step, lanes, k.streamed});
}

}  // namespace

template <class T>
void DepthwiseForward(const T *x, const float *w, const float *bias, const Window &d, T *y) {
  const int kernel = static_cast<int>(d.kernel), stride = static_cast<int>(d.stride);
  const Correlation correlation{d.H,       d.W,    d.OW, kernel, kernel,
                                d.padding, d.padding, stride, d.C, VectorRow(kernel, stride, d.OW),
                                StreamsLines(y, d.N * d.OH * d.OW * d.C, d.C)};
  const long taps = d.kernel * d.kernel, size = (taps + 1) * kWidth;
  const Tasks tasks(d.N, d.C, d.OH * d.OW, taps);
  Parallel(tasks.count(), [&](long task) {
    const Part<T> part(x, d.H, d.W, d.C, tasks, task);
    float *const weights = Scratch(Slot::kWeights, tasks.width * size);
    for (long block = 0; block < part.blocks; block++) {
      const long c = part.c + block * kWidth;
      float *const own = weights + block * size;
      for (long k = 0; k < taps; k++) Store(own + k * kWidth, LoadLanes(w + k * d.C + c, part.lanes(block)));
      Store(own + taps * kWidth, bias ? LoadLanes(bias + c, part.lanes(block)) : Vec{});
    }
    for (long n = tasks.Begin(task); n < tasks.End(task); n++) {
      Sample<T> sample(part, n, d.kernel);
      for (long oh = 0; oh < d.OH; oh++) {
        sample.Reach({oh * d.stride - d.padding, oh * d.stride - d.padding + d.kernel});
        T *const row = y + (n * d.OH + oh) * d.OW * d.C + part.c;
        for (long block = 0; block < part.blocks; block++) {
          const float *const own = weights + block * size;
          Correlate(sample.Of(block), own, own + taps * kWidth, correlation, oh, row + block * kWidth, part.lanes(block));
        }
      }
    }
    if (correlation.streamed) Streamed::Finish();
  });
}

template <class T>
void DepthwiseInputGradient(const T *dy, const float *w, const Window &d, T *dx) {
  std::vector<Phase> phases;
  for (long at = 0; at < d.stride; at++) phases.emplace_back(at, d);
  std::vector<Correlation> correlations;
  const bool streamed = StreamsLines(dx, d.N * d.H * d.W * d.C, d.C);
  for (const Phase &down : phases) {
    for (const Phase &along : phases) {
      const long at = &along - phases.data(), width = at < d.W ? (d.W - at + d.stride - 1) / d.stride : 0;
      correlations.push_back({d.OH, d.OW, width, down.taps, along.taps, down.padding, along.padding, 1,
                              d.stride * d.C, VectorRow(along.taps, 1, width), streamed});
    }
  }
  const long taps = d.kernel * d.kernel, size = taps * kWidth;
  const Tasks tasks(d.N, d.C, d.OH * d.OW, taps);
  Parallel(tasks.count(), [&](long task) {
    const Part<T> part(dy, d.OH, d.OW, d.C, tasks, task);
    // A vector's taps, phase by phase.
    float *const weights = Scratch(Slot::kWeights, tasks.width * size);
    for (long block = 0; block < part.blocks; block++) {
      const long c = part.c + block * kWidth;
      float *next = weights + block * size;
      for (const Phase &down : phases) {
        for (const Phase &along : phases) {
          for (int i = 0; i < down.taps; i++) {
            for (int j = 0; j < along.taps; j++, next += kWidth) {
              const float *const tap = w + (down.tap[i] * d.kernel + along.tap[j]) * d.C + c;
              Store(next, LoadLanes(tap, part.lanes(block)));
            }
          }
        }
      }
    }
    for (long n = tasks.Begin(task); n < tasks.End(task); n++) {
      Sample<T> sample(part, n, d.kernel);
      for (long h = 0; h < d.H; h++) {
        const Phase &down = phases[h % d.stride];
        sample.Reach({h / d.stride - down.padding, h / d.stride - down.padding + down.taps});
        T *const row = dx + (n * d.H + h) * d.W * d.C + part.c;
        for (long block = 0; block < part.blocks; block++) {
          const float *own = weights + block * size;
          for (long at = 0; at < d.stride * d.stride; at++) {
            const Correlation &correlation = correlations[at];
            if (at / d.stride == h % d.stride) {
              Correlate(sample.Of(block), own, nullptr, correlation, h / d.stride,
                        row + at % d.stride * d.C + block * kWidth, part.lanes(block));
            }
            own += correlation.rows * correlation.columns * kWidth;
          }
        }
      }
    }
    if (streamed) Streamed::Finish();
  });
}

template <class T>
void DepthwiseFilterGradient(const T *dy, const T *x, const Window &d, float *dw, float *dbias) {
  constexpr bool kInPlace = std::is_same_v<T, float>;
  const long taps = d.kernel * d.kernel, size = (taps + 1) * kWidth;
  const Tasks tasks(d.N, d.C, d.OH * d.OW, taps);
  const FilterFunction filter = VectorFilter(static_cast<int>(d.kernel), static_cast<int>(d.stride), d.OW);
  // Vectors take turns every few rows. One alone keeps its sums in registers for the whole map, or for what of it is
  // widened at a time and stays in the nearest cache.
  constexpr long kTurn = 4, kWidened = 224;  // rows; positions
  const long band = kInPlace ? (tasks.width > 1 ? kTurn : d.OH) : std::min(d.OH, std::max(kTurn, kWidened / d.OW));
  const Buffer parts = NewBuffer(tasks.groups * tasks.blocks * size);
  Parallel(tasks.count(), [&](long task) {
    const Part<T> part(x, d.H, d.W, d.C, tasks, task);
    float *const sums = parts.get() + (task / tasks.columns * tasks.blocks + tasks.FirstBlock(task)) * size;
    memset(sums, 0, part.blocks * size * sizeof(float));
    for (long n = tasks.Begin(task); n < tasks.End(task); n++) {
      Sample<T> sample(part, n, (band - 1) * d.stride + d.kernel);
      for (long oh = 0; oh < d.OH; oh += band) {
        const long rows = std::min(band, d.OH - oh), positions = rows * d.OW, top = oh * d.stride - d.padding;
        sample.Reach({top, top + (rows - 1) * d.stride + d.kernel});
        const T *const there = dy + (n * d.OH + oh) * d.OW * d.C + part.c;
        for (long block = 0; block < part.blocks; block++) {
          const Positions in = sample.Of(block);
          const float *slopes;
          long pixel = kWidth;
          int lanes = kWidth;
          if constexpr (kInPlace) {
            slopes = there + block * kWidth, pixel = d.C, lanes = part.lanes(block);
          } else {
            slopes = Gather(there + block * kWidth, positions, d.C, part.lanes(block),
                            Scratch(Slot::kGradient, positions * kWidth));
          }
          float *const own = sums + block * size;
          filter({in.data - d.padding * in.pixel, d.H, d.W, in.row, in.pixel, in.mask, top, -d.padding, slopes, rows,
                  d.OW, d.OW * pixel, pixel, lanes},
                 own);
          if (!dbias) continue;
          Vec sum = Load(own + taps * kWidth);
          for (long p = 0; p < positions; p++) sum += LoadLanes(slopes + p * pixel, lanes);
          Store(own + taps * kWidth, sum);
        }
      }
    }
  });
  for (long block = 0; block < tasks.blocks; block++) {
    const int lanes = static_cast<int>(std::min<long>(kWidth, d.C - block * kWidth));
    for (long k = 0; k < taps + (dbias ? 1 : 0); k++) {
      Vec sum = {};
      for (long group = 0; group < tasks.groups; group++) {
        sum += Load(parts.get() + (group * tasks.blocks + block) * size + k * kWidth);
      }
      Store((k < taps ? dw + k * d.C : dbias) + block * kWidth, sum, lanes);
    }
  }
}

#define ABLATE_INSTANTIATE(T)                                                                   \
  template void DepthwiseForward(const T *, const float *, const float *, const Window &, T *); \
  template void DepthwiseInputGradient(const T *, const float *, const Window &, T *);          \
  template void DepthwiseFilterGradient(const T *, const T *, const Window &, float *, float *);
ABLATE_INSTANTIATE(float)
ABLATE_INSTANTIATE(Bfloat16)

}  // namespace ablate
