// Convolution in groups of channels, of which a vector holds several whole ones: each input channel is laid out for all
// lanes first. Wider groups are those of grouped-wide.cc. Work is in proportion to the products, whatever the number of
// groups.
#include <algorithm>
#include <vector>

#include "grouped-wide.h"
#include "kernels.h"
#include "phase.h"
#include "pool.h"
#include "tile.h"

namespace ablate {
namespace {

constexpr long kBandFloats = 96 * 1024;

// How channels "from" (summed over) and "to" (the lanes) of each group lie in vectors of whole groups.
struct Layout {
  long from, to, groups;  // channels of a group on either side
  long blocks;
  Layout(long from, long to, long groups)
      : from(from), to(to), groups(groups), blocks((groups + kWidth / to - 1) / (kWidth / to)) {}
  long Group(long block) const { return block * (kWidth / to); }
  long To(long block) const { return Group(block) * to; }
  int Lanes(long block) const { return static_cast<int>(std::min(kWidth / to, groups - Group(block)) * to); }
  // The "from" channel that lane `lane` takes as its i-th.
  long From(long block, int lane, long i) const { return (Group(block) + lane / to) * from + i; }
};

ABLATE_INLINE Vec Permute(Vec v, IntVec lanes) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vec>(_mm512_permutexvar_ps(reinterpret_cast<__m512i>(lanes), reinterpret_cast<__m512>(v)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vec>(_mm256_permutevar8x32_ps(reinterpret_cast<__m256>(v), reinterpret_cast<__m256i>(lanes)));
#else
  Vec result;
  for (int i = 0; i < kWidth; i++) result[i] = v[lanes[i]];
  return result;
#endif
}

ABLATE_INLINE float Value(const float *p) { return *p; }
ABLATE_INLINE float Value(const Bfloat16 *p) { return Load(p, 1)[0]; }

// Rows [first, end) of a sample's map, for the tiles to read: each input channel laid out for all lanes.
class Band {
 public:
  template <class T>
  Band(const Layout &layout, long block, const T *sample, long width, long C, long first, long end, Slot slot)
      : laid_(Scratch(slot, (end - first) * width * layout.from * kWidth)),
        width_(width), first_(first), rows_(end - first) {
    const T *const map = sample + first * width * C;
    if (layout.from == layout.to) Permuted(layout, block, map, C);
    else Gathered(layout, block, map, C);
  }
  const float *Line(long i, long row) const { return laid_ + (i * rows_ + row - first_) * width_ * kWidth; }

 private:
  template <class T>
  void Permuted(const Layout &layout, long block, const T *map, long C) {
    const long positions = rows_ * width_, base = layout.From(block, 0, 0);
    const int lanes = layout.Lanes(block);
    IntVec orders[kWidth] = {};
    for (long i = 0; i < layout.from; i++) {
      for (int lane = 0; lane < lanes; lane++) orders[i][lane] = static_cast<int32_t>(layout.From(block, lane, i) - base);
    }
    const T *const in = map + base;
    for (long p = 0; p < positions; p++) {
      const Vec v = LoadLanes(in + p * C, lanes);
      for (long i = 0; i < layout.from; i++) Store(laid_ + (i * positions + p) * kWidth, Permute(v, orders[i]));
    }
  }

  template <class T>
  void Gathered(const Layout &layout, long block, const T *map, long C) {
    const long positions = rows_ * width_;
    const int lanes = layout.Lanes(block);
    memset(laid_, 0, layout.from * positions * kWidth * sizeof(float));
    for (long i = 0; i < layout.from; i++) {
      for (long p = 0; p < positions; p++) {
        for (int lane = 0; lane < lanes; lane++) {
          laid_[(i * positions + p) * kWidth + lane] = Value(map + p * C + layout.From(block, lane, i));
        }
      }
    }
  }

  float *const laid_;
  const long width_, first_, rows_;
};

// Output rows that share a band: as many as its scratch memory may hold.
long BandRows(const Layout &layout, long width, long kernel, long stride, long outputs) {
  const long rows = kBandFloats / (layout.from * width * kWidth);
  return std::max(1L, std::min(outputs, (rows - kernel) / stride + 1));
}

// A row of outputs from rows of taps over a band: `rows` lines from `top` on, of which those in [0, height) exist.
struct GroupedRow {
  RowFunction row;
  long height, width;
  int rows, columns;
  long padding, out_step, outputs;
  void operator()(const Band &band, long from, long top, const float *weights, const float *bias, const Outputs &out,
                  int lanes) const {
    static thread_local std::vector<const float *> lines;
    lines.clear();
    const long begin = std::max(0L, -top), end = std::min<long>(rows, height - top);
    for (long k = begin; k < end; k++) {
      for (long i = 0; i < from; i++) lines.push_back(band.Line(i, top + k));
    }
    row({lines.data(), static_cast<long>(lines.size()), width, kWidth, weights + begin * from * columns * kWidth,
         padding, bias, out, outputs, out_step, lanes});
  }
};

// Tasks are vectors of all samples' channels, so that taps are gathered once; samples fall into parts only where there
// are too few vectors for many threads.
struct Parts {
  long samples, count, share;
  Parts(long N, const Layout &layout)
      : samples(N), count(std::max(1L, std::min(N, 32 / layout.blocks))), share((N + count - 1) / count) {}
  long Begin(long part) const { return std::min(samples, part * share); }
  long End(long part) const { return std::min(samples, (part + 1) * share); }
};

}  // namespace

template <class T>
void GroupedForward(const T *x, const float *w, const float *bias, const Window &d, long groups, long O, T *y) {
  if (O / groups >= kWidth) return WideGroupedForward(x, w, bias, d, groups, O, y);
  const Layout layout(d.C / groups, O / groups, groups);
  const int kernel = static_cast<int>(d.kernel), stride = static_cast<int>(d.stride);
  const GroupedRow row{VectorRow(kernel, stride, d.OW), d.H, d.W, kernel, kernel, d.padding, O, d.OW};
  const long taps = d.kernel * layout.from * d.kernel, step = BandRows(layout, d.W, d.kernel, d.stride, d.OH);
  const Parts parts(d.N, layout);
  Parallel(parts.count * layout.blocks, [&](long task) {
    const long part = task / layout.blocks, block = task % layout.blocks, to = layout.To(block);
    const int lanes = layout.Lanes(block);
    float *const weights = Scratch(Slot::kWeights, (taps + 1) * kWidth), *const offset = weights + taps * kWidth;
    float *next = weights;
    for (long k = 0; k < d.kernel; k++) {
      for (long i = 0; i < layout.from; i++) {
        for (long j = 0; j < d.kernel; j++, next += kWidth) {
          Store(next, Load(w + ((k * d.kernel + j) * layout.from + i) * O + to, lanes));
        }
      }
    }
    if (bias) Store(offset, Load(bias + to, lanes));
    for (long n = parts.Begin(part); n < parts.End(part); n++) {
      for (long begin = 0; begin < d.OH; begin += step) {
        const long end = std::min(d.OH, begin + step);
        const long first = std::max(0L, begin * d.stride - d.padding);
        const long last = std::max(first, std::min(d.H, (end - 1) * d.stride - d.padding + d.kernel));
        const Band band(layout, block, x + n * d.H * d.W * d.C, d.W, d.C, first, last, Slot::kInput);
        for (long oh = begin; oh < end; oh++) {
          row(band, layout.from, oh * d.stride - d.padding, weights, bias ? offset : nullptr,
              y + (n * d.OH + oh) * d.OW * O + to, lanes);
        }
      }
    }
  });
}

template <class T>
void GroupedInputGradient(const T *dy, const float *w, const Window &d, long groups, long O, T *dx) {
  if (d.C / groups >= kWidth) return WideGroupedInputGradient(dy, w, d, groups, O, dx);
  const Layout layout(O / groups, d.C / groups, groups);
  std::vector<Phase> phases;
  for (long at = 0; at < d.stride; at++) phases.emplace_back(at, d);
  std::vector<GroupedRow> rows;
  for (const Phase &down : phases) {
    for (const Phase &along : phases) {
      const long at = &along - phases.data(), width = at < d.W ? (d.W - at + d.stride - 1) / d.stride : 0;
      rows.push_back({VectorRow(along.taps, 1, width), d.OH, d.OW, down.taps, along.taps, along.padding,
                      d.stride * d.C, width});
    }
  }
  const long taps = d.kernel * layout.from * d.kernel;
  const long step = BandRows(layout, d.OW, d.kernel, 1, d.OH) * d.stride;
  const Parts parts(d.N, layout);
  Parallel(parts.count * layout.blocks, [&](long task) {
    const long part = task / layout.blocks, block = task % layout.blocks, to = layout.To(block);
    const int lanes = layout.Lanes(block);
    float *const weights = Scratch(Slot::kWeights, taps * kWidth);
    if (lanes < kWidth) memset(weights, 0, taps * kWidth * sizeof(float));
    float *next = weights;
    for (const Phase &down : phases) {
      for (const Phase &along : phases) {
        for (int k = 0; k < down.taps; k++) {
          for (int j = 0; j < along.taps; j++) {
            const float *const tap = w + (down.tap[k] * d.kernel + along.tap[j]) * layout.to * O;
            for (int lane = 0; lane < lanes; lane++) {
              const float *const row = tap + (to + lane) % layout.to * O + layout.From(block, lane, 0);
              for (long i = 0; i < layout.from; i++) next[(i * along.taps + j) * kWidth + lane] = row[i];
            }
          }
          next += layout.from * along.taps * kWidth;
        }
      }
    }
    for (long n = parts.Begin(part); n < parts.End(part); n++) {
      for (long begin = 0; begin < d.H; begin += step) {
        const long end = std::min(d.H, begin + step);
        const long first = std::max(0L, (begin + d.padding - d.kernel + d.stride) / d.stride);
        const long last = std::max(first, std::min(d.OH, (end - 1 + d.padding) / d.stride + 1));
        const Band band(layout, block, dy + n * d.OH * d.OW * O, d.OW, O, first, last, Slot::kGradient);
        for (long h = begin; h < end; h++) {
          const float *own = weights;
          for (long at = 0; at < d.stride * d.stride; at++) {
            const GroupedRow &row = rows[at];
            if (at / d.stride == h % d.stride) {
              row(band, layout.from, h / d.stride - phases[at / d.stride].padding, own, nullptr,
                  dx + ((n * d.H + h) * d.W + at % d.stride) * d.C + to, lanes);
            }
            own += row.rows * layout.from * row.columns * kWidth;
          }
        }
      }
    }
  });
}

template <class T>
void GroupedFilterGradient(const T *dy, const T *x, const Window &d, long groups, long O, float *dw) {
  // For a filter, vectors that are half empty are still faster than channels laid out for all lanes.
  if (O / groups * 2 >= kWidth) return WideGroupedFilterGradient(dy, x, d, groups, O, dw);
  const Layout layout(d.C / groups, O / groups, groups);
  const int kernel = static_cast<int>(d.kernel), stride = static_cast<int>(d.stride);
  const FilterFunction filter = VectorFilter(kernel, stride, d.OW);
  const long plane = d.kernel * d.kernel * kWidth, size = layout.from * plane;
  const long step = BandRows(layout, d.W, d.kernel, d.stride, d.OH);
  const Parts parts(d.N, layout);
  const Buffer sums = NewBuffer(parts.count * layout.blocks * size);
  Parallel(parts.count * layout.blocks, [&](long task) {
    const long block = task % layout.blocks, to = layout.To(block), part = task / layout.blocks;
    const int lanes = layout.Lanes(block);
    float *const own = sums.get() + task * size;
    memset(own, 0, size * sizeof(float));
    for (long n = parts.Begin(part); n < parts.End(part); n++) {
      for (long begin = 0; begin < d.OH; begin += step) {
        const long end = std::min(d.OH, begin + step), top = begin * d.stride - d.padding;
        const long first = std::max(0L, top);
        const long last = std::max(first, std::min(d.H, (end - 1) * d.stride - d.padding + d.kernel));
        const Band band(layout, block, x + n * d.H * d.W * d.C, d.W, d.C, first, last, Slot::kInput);
        const long row = d.W * kWidth, positions = (end - begin) * d.OW;
        const float *const slopes = Gather(dy + (n * d.OH + begin) * d.OW * O + to, positions, O, lanes,
                                           Scratch(Slot::kGradient, positions * kWidth));
        for (long i = 0; i < layout.from; i++) {
          filter({band.Line(i, 0) - d.padding * kWidth, d.H, d.W, row, kWidth, -1, top, -d.padding, slopes,
                  end - begin, d.OW, d.OW * kWidth, kWidth, kWidth},
                 own + i * plane);
        }
      }
    }
  });
  for (long block = 0; block < layout.blocks; block++) {
    for (long i = 0; i < layout.from; i++) {
      for (long k = 0; k < d.kernel * d.kernel; k++) {
        Vec sum = {};
        for (long part = 0; part < parts.count; part++) {
          sum += Load(sums.get() + (part * layout.blocks + block) * size + i * plane + k * kWidth);
        }
        Store(dw + (k * layout.from + i) * O + layout.To(block), sum, layout.Lanes(block));
      }
    }
  }
}

#define ABLATE_INSTANTIATE(T)                                                                             \
  template void GroupedForward(const T *, const float *, const float *, const Window &, long, long, T *); \
  template void GroupedInputGradient(const T *, const float *, const Window &, long, long, T *);          \
  template void GroupedFilterGradient(const T *, const T *, const Window &, long, long, float *);
ABLATE_INSTANTIATE(float)
ABLATE_INSTANTIATE(Bfloat16)

}  // namespace ablate
