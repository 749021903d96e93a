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
  long out_step;  // floats from one output column to the next
  RowFunction row;
  bool streamed;
};

// Where a vector is a line of the caches, a large output's need not come into them to be overwritten.
bool StreamsLines(const float *out, long count, long C) { return kWidth == kLine && Streams(out, count, C); }

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

// A sample's positions of `lanes` channels: in place where they fill a vector, else copied beside zeros, so that loads
// do not run past the map's end.
struct Positions {
  const float *data;
  long pixel;
  Positions(const float *map, long positions, long C, int lanes) : data(map), pixel(C) {
    if (lanes == kWidth) return;
    float *const copy = Scratch(Slot::kInput, positions * kWidth);
    for (long p = 0; p < positions; p++) Store(copy + p * kWidth, Load(map + p * C, lanes));
    data = copy;
    pixel = kWidth;
  }
};

int Lanes(long C, long c) { return static_cast<int>(std::min<long>(kWidth, C - c)); }

ABLATE_INLINE Vec LoadLanes(const float *p, int lanes) { return lanes == kWidth ? Load(p) : Load(p, lanes); }

// Output row `oh`.
void Correlate(const Positions &in, const float *weights, const float *bias, const Correlation &k, long oh, float *out,
               int lanes) {
  const float *lines[16];
  const long top = oh * k.stride - k.top;
  const long from = std::max(0L, -top), to = std::min<long>(k.rows, k.in_height - top);
  for (long i = from; i < to; i++) lines[i - from] = in.data + (top + i) * k.in_width * in.pixel;
  k.row({lines, std::max(0L, to - from), k.in_width, in.pixel, weights + from * k.columns * kWidth, k.left, bias, out,
         k.out_width, k.out_step, lanes, k.streamed});
}

// body(sample, row, vector of the task, its first channel, its lanes, its positions) for all of a task's.
template <class Body>
void EachRow(const Tasks &tasks, long task, const float *map, long positions, long C, long rows, const Body &body) {
  const long first = tasks.FirstBlock(task), count = tasks.Blocks(task), last = (first + count - 1) * kWidth;
  for (long n = tasks.Begin(task); n < tasks.End(task); n++) {
    const float *const sample = map + n * positions * C;
    const Positions end(sample + last, positions, C, Lanes(C, last));
    for (long row = 0; row < rows; row++) {
      for (long block = 0; block < count; block++) {
        const long c = (first + block) * kWidth;
        const int lanes = Lanes(C, c);
        body(n, row, block, c, lanes, c == last ? end : Positions(sample + c, positions, C, kWidth));
      }
    }
  }
}

}  // namespace

void DepthwiseForward(const float *x, const float *w, const float *bias, const Window &d, float *y) {
  const int kernel = static_cast<int>(d.kernel), stride = static_cast<int>(d.stride);
  const Correlation correlation{d.H,       d.W,    d.OW, kernel, kernel,
                                d.padding, d.padding, stride, d.C, VectorRow(kernel, stride, d.OW),
                                StreamsLines(y, d.N * d.OH * d.OW * d.C, d.C)};
  const long taps = d.kernel * d.kernel, size = (taps + 1) * kWidth;
  const Tasks tasks(d.N, d.C, d.OH * d.OW, taps);
  Parallel(tasks.count(), [&](long task) {
    float *const weights = Scratch(Slot::kWeights, tasks.width * size);
    for (long block = 0; block < tasks.Blocks(task); block++) {
      const long c = (tasks.FirstBlock(task) + block) * kWidth;
      float *const own = weights + block * size;
      for (long k = 0; k < taps; k++) Store(own + k * kWidth, LoadLanes(w + k * d.C + c, Lanes(d.C, c)));
      Store(own + taps * kWidth, bias ? LoadLanes(bias + c, Lanes(d.C, c)) : Vec{});
    }
    EachRow(tasks, task, x, d.H * d.W, d.C, d.OH,
            [&](long n, long oh, long block, long c, int lanes, const Positions &in) {
              const float *const own = weights + block * size;
              Correlate(in, own, own + taps * kWidth, correlation, oh, y + (n * d.OH + oh) * d.OW * d.C + c, lanes);
            });
    if (correlation.streamed) Streamed::Finish();
  });
}

void DepthwiseInputGradient(const float *dy, const float *w, const Window &d, float *dx) {
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
    // A vector's taps, phase by phase.
    float *const weights = Scratch(Slot::kWeights, tasks.width * size);
    for (long block = 0; block < tasks.Blocks(task); block++) {
      const long c = (tasks.FirstBlock(task) + block) * kWidth;
      float *next = weights + block * size;
      for (const Phase &down : phases) {
        for (const Phase &along : phases) {
          for (int i = 0; i < down.taps; i++) {
            for (int j = 0; j < along.taps; j++, next += kWidth) {
              const float *const tap = w + (down.tap[i] * d.kernel + along.tap[j]) * d.C + c;
              Store(next, LoadLanes(tap, Lanes(d.C, c)));
            }
          }
        }
      }
    }
    EachRow(tasks, task, dy, d.OH * d.OW, d.C, d.H,
            [&](long n, long h, long block, long c, int lanes, const Positions &in) {
              const float *own = weights + block * size;
              for (long at = 0; at < d.stride * d.stride; at++) {
                const Correlation &correlation = correlations[at];
                float *const out = dx + ((n * d.H + h) * d.W + at % d.stride) * d.C + c;
                if (at / d.stride == h % d.stride) {
                  Correlate(in, own, nullptr, correlation, h / d.stride, out, lanes);
                }
                own += correlation.rows * correlation.columns * kWidth;
              }
            });
    if (streamed) Streamed::Finish();
  });
}

void DepthwiseFilterGradient(const float *dy, const float *x, const Window &d, float *dw, float *dbias) {
  const long taps = d.kernel * d.kernel, size = (taps + 1) * kWidth;
  const Tasks tasks(d.N, d.C, d.OH * d.OW, taps);
  const FilterFunction filter = VectorFilter(static_cast<int>(d.kernel), static_cast<int>(d.stride), d.OW);
  // A vector alone has its sums in registers for the whole map; several take turns every few rows.
  const long band = tasks.width == 1 ? d.OH : 4;
  const Buffer parts = NewBuffer(tasks.groups * tasks.blocks * size);
  Parallel(tasks.count(), [&](long task) {
    const long group = task / tasks.columns, first = tasks.FirstBlock(task);
    float *const own = parts.get() + (group * tasks.blocks + first) * size;
    memset(own, 0, tasks.Blocks(task) * size * sizeof(float));
    EachRow(tasks, task, x, d.H * d.W, d.C, (d.OH + band - 1) / band,
            [&](long n, long at, long block, long c, int lanes, const Positions &in) {
              const long oh = at * band, rows = std::min(band, d.OH - oh), top = oh * d.stride - d.padding;
              const float *const slopes = dy + (n * d.OH + oh) * d.OW * d.C + c;
              float *const part = own + block * size;
              const long row = d.W * in.pixel;
              filter({in.data + top * row - d.padding * in.pixel, d.H, d.W, row, in.pixel, top, -d.padding, slopes, rows,
                      d.OW, d.OW * d.C, d.C, lanes},
                     part);
              if (!dbias) return;
              Vec sum = Load(part + taps * kWidth);
              for (long p = 0; p < rows * d.OW; p++) sum += LoadLanes(slopes + p * d.C, lanes);
              Store(part + taps * kWidth, sum);
            });
  });
  for (long block = 0; block < tasks.blocks; block++) {
    const int lanes = Lanes(d.C, block * kWidth);
    for (long k = 0; k < taps + (dbias ? 1 : 0); k++) {
      Vec sum = {};
      for (long group = 0; group < tasks.groups; group++) {
        sum += Load(parts.get() + (group * tasks.blocks + block) * size + k * kWidth);
      }
      Store((k < taps ? dw + k * d.C : dbias) + block * kWidth, sum, lanes);
    }
  }
}

}  // namespace ablate
