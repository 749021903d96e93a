// Grouped convolution as products of matrices that are never written out. The taps of a group stay in the caches, a tile
// of outputs in registers.
#include "grouped-wide.h"

#include <vector>

#include "grouped-band.h"
#include "phase.h"
#include "pool.h"
#include "unroll.h"

namespace ablate {
namespace grouped {
namespace {

constexpr long kBandFloats = 64 * 1024;
// Rows of tiles that registers hold: of panels, and of single vectors.
constexpr int kPanelRows = kRegisters == 32 ? 8 : 6;
constexpr int kSingleRows = 8;

// Outputs at `count` places: over `rows` runs of `run` floats, `pitch` apart, times packed taps.
struct Tile {
  const float *at[kSingleRows];
  float *out[kSingleRows];
  long rows, run, pitch;
  const float *taps;  // [rows][run] panels
  const float *bias;  // a panel, or null
  int lanes;          // of the panel's last vector
};

template <int T, int V>
void Compute(const Tile &tile) {
  Vec sums[T][V];
  Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
    const Vec bias = tile.bias ? Load(tile.bias + v * kWidth) : Vec{};
    Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA { sums[t][v] = bias; });
  });
  const float *at[T], *taps = tile.taps;
  Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA { at[t] = tile.at[t]; });
  for (long row = 0; row < tile.rows; row++) {
    const long begin = row * tile.pitch, end = begin + tile.run;
#pragma GCC unroll 4
    for (long k = begin; k < end; k++, taps += V * kWidth) {
      Vec values[V];
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { values[v] = Load(taps + v * kWidth); });
      Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA {
        const Vec factor = Broadcast(at[t][k]);
        Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[t][v] = Fma(factor, values[v], sums[t][v]); });
      });
    }
  }
  Unroll<T>([&](auto t) ABLATE_INLINE_LAMBDA {
    Unroll<V - 1>([&](auto v) ABLATE_INLINE_LAMBDA { Store(tile.out[t] + v * kWidth, sums[t][v]); });
    float *const last = tile.out[t] + (V - 1) * kWidth;
    if (tile.lanes == kWidth) Store(last, sums[t][V - 1]);
    else Store(last, sums[t][V - 1], tile.lanes);
  });
}

template <int V>
void ComputeAny(const Tile &tile, long count) {
  switch (count) {
    case 1: return Compute<1, V>(tile);
    case 2: return Compute<2, V>(tile);
    case 3: return Compute<3, V>(tile);
    case 4: return Compute<4, V>(tile);
    case 5: return Compute<5, V>(tile);
    case 6: return Compute<6, V>(tile);
    case 7: if constexpr (V == 1 || kPanelRows >= 7) return Compute<7, V>(tile); break;
    case 8: if constexpr (V == 1 || kPanelRows >= 8) return Compute<8, V>(tile); break;
  }
}

// A convolution from a band to rows of outputs of one group.
struct Pass {
  long rows, columns, from;  // taps
  long step;                 // positions of the map from one output to the next
  long down, along;          // padding
  long width;                // outputs in a row
  long out_row, out_pixel;
};

// Rows [begin, end) of outputs; `out` is the sample's, at the group's first channel of results.
template <int V, class T>
void Run(const Pass &p, const Band &band, long height, long begin, long end, const float *taps, const float *bias,
         int lanes, T *out) {
  constexpr long kMost = V == 1 ? kSingleRows : kPanelRows;
  constexpr bool kInPlace = std::is_same_v<T, float>;
  float sums[kInPlace ? 1 : kMost * V * kWidth];  // before they are rounded
  const long outputs = (end - begin) * p.width, tiles = Ceil(outputs, kMost);
  Tile tile;
  tile.run = p.columns * p.from;
  tile.pitch = band.pitch;
  tile.bias = bias;
  tile.lanes = kInPlace ? lanes : kWidth;
  const long at_step = p.step * band.pixel;
  const float *at = nullptr;
  T *to = nullptr, *places[kMost];
  for (long i = 0, row = begin, column = 0; i < tiles; i++) {
    const long count = outputs / tiles + (i < outputs % tiles ? 1 : 0), top = row;
    for (long t = 0; t < count; t++, at += at_step, to += p.out_pixel) {
      if (column == 0) {
        at = band.At(row * p.step - p.down, -p.along);
        to = out + row * p.out_row;
      }
      tile.at[t] = at;
      if constexpr (kInPlace) tile.out[t] = to;
      else tile.out[t] = sums + t * V * kWidth, places[t] = to;
      __builtin_prefetch(to + kAhead * p.out_pixel, 1);
      if (++column == p.width) column = 0, row++;
    }
    // Rows of taps that all fall into the padding are left out.
    const long bottom = column == 0 ? row - 1 : row;
    const long from = std::max(0L, p.down - bottom * p.step);
    const long beyond = std::max(from, std::min(p.rows, height + p.down - top * p.step));
    for (long t = 0; t < count; t++) tile.at[t] += from * band.pitch;
    tile.rows = beyond - from;
    tile.taps = taps + from * tile.run * V * kWidth;
    ComputeAny<V>(tile, count);
    if constexpr (!kInPlace) {
      for (long t = 0; t < count; t++) {
        Vectors((V - 1) * kWidth + lanes, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
          Store(places[t] + c, Load(tile.out[t] + c), width);
        });
      }
    }
  }
}

// Taps in the order in which tiles read them: [panel][tap][vectors of the panel]; value(tap, channel).
template <class Value>
void Pack(const Panels &panels, long taps, float *packed, const Value &value) {
  panels.Each([&](long at, auto vectors, int) {
    const long wide = vectors * kWidth, there = std::min(wide, panels.to - at);
    for (long tap = 0; tap < taps; tap++, packed += wide) {
      for (long c = 0; c < there; c++) packed[c] = value(tap, at + c);
      std::fill(packed + there, packed + wide, 0.0f);
    }
  });
}

}  // namespace
}  // namespace grouped

using namespace grouped;

template <class T>
void WideGroupedForward(const T *x, const float *w, const float *bias, const Window &d, long groups, long O, T *y) {
  const long from = d.C / groups, taps = d.kernel * d.kernel * from;
  const Panels panels(O / groups);
  const Buffer packed = NewBuffer(groups * (taps + 1) * panels.wide);
  float *const offsets = packed.get() + groups * taps * panels.wide;
  Parallel(groups, [&](long group) {
    const float *const own = w + group * panels.to;
    Pack(panels, taps, packed.get() + group * taps * panels.wide, [=](long tap, long c) { return own[tap * O + c]; });
    if (bias) {
      Pack(panels, 1, offsets + group * panels.wide, [&](long, long c) { return bias[group * panels.to + c]; });
    }
  });
  const Pass pass{d.kernel, d.kernel, from, d.stride, d.padding, d.padding, d.OW, d.OW * O, O};
  const long right = std::max(0L, (d.OW - 1) * d.stride + d.kernel - d.padding - d.W);
  const Bundles bundles(from, groups);
  Parallel(d.N * bundles.count, [&](long task) {
    const long n = task / bundles.count, begin = bundles.Begin(task % bundles.count);
    const long here = bundles.End(task % bundles.count) - begin;
    const Source<T> source{x + n * d.H * d.W * d.C + begin * from, d.H, d.W, d.C, from, here, d.padding, right};
    const long step = BandRows(kBandFloats, here * source.pitch(), d.kernel, d.stride, d.OH);
    float *const scratch = Scratch(Slot::kInput, ((step - 1) * d.stride + d.kernel) * here * source.pitch());
    for (long top = 0; top < d.OH; top += step) {
      const long bottom = std::min(d.OH, top + step);
      const long first = top * d.stride - d.padding, last = (bottom - 1) * d.stride - d.padding + d.kernel;
      source.Copy(first, last, scratch);
      for (long g = 0; g < here; g++) {
        const Band band = source.Of(g, first, last, scratch);
        panels.Each([&](long at, auto vectors, int lanes) {
          const long channel = (begin + g) * panels.wide + at;
          Run<vectors>(pass, band, d.H, top, bottom, packed.get() + channel * taps, bias ? offsets + channel : nullptr,
                       lanes, y + n * d.OH * d.OW * O + (begin + g) * panels.to + at);
        });
      }
    }
  });
}

template <class T>
void WideGroupedInputGradient(const T *dy, const float *w, const Window &d, long groups, long O, T *dx) {
  const long from = O / groups, taps = d.kernel * d.kernel * from;
  const Panels panels(d.C / groups);
  std::vector<Phase> phases;
  for (long at = 0; at < d.stride; at++) phases.emplace_back(at, d);
  // Every pair of phases is a convolution of stride 1 over dy with taps of its own.
  struct Part {
    Pass pass;
    long row, column, packed;
  };
  std::vector<Part> parts;
  long next = 0, left = 0, right = 0, above = 0, below = 0;
  for (const Phase &down : phases) {
    for (const Phase &along : phases) {
      const long row = &down - phases.data(), column = &along - phases.data();
      const long width = column < d.W ? Ceil(d.W - column, d.stride) : 0;
      parts.push_back({{down.taps, along.taps, from, 1, down.padding, along.padding, width, d.stride * d.W * d.C,
                        d.stride * d.C},
                       row, column, next});
      next += down.taps * along.taps * from;
      left = std::max(left, along.padding);
      right = std::max(right, width - 1 - along.padding + along.taps - d.OW);
      above = std::max(above, down.padding);
      below = std::max(below, down.taps - down.padding);
    }
  }
  const Buffer packed = NewBuffer(groups * taps * panels.wide);
  Parallel(groups, [&](long group) {
    for (const Part &part : parts) {
      const Phase &down = phases[part.row], &along = phases[part.column];
      Pack(panels, part.pass.rows * part.pass.columns * from,
           packed.get() + (group * taps + part.packed) * panels.wide, [&](long tap, long c) {
             const long k = tap / from / along.taps, j = tap / from % along.taps;
             return w[((down.tap[k] * d.kernel + along.tap[j]) * panels.to + c) * O + group * from + tap % from];
           });
    }
  });
  const Bundles bundles(from, groups);
  Parallel(d.N * bundles.count, [&](long task) {
    const long n = task / bundles.count, begin = bundles.Begin(task % bundles.count);
    const long here = bundles.End(task % bundles.count) - begin;
    const Source<T> source{dy + n * d.OH * d.OW * O + begin * from, d.OH, d.OW, O, from, here, left, right};
    // Rows of each phase.
    const long all = Ceil(d.H, d.stride), step = BandRows(kBandFloats, here * source.pitch(), above + below, 1, all);
    float *const scratch = Scratch(Slot::kGradient, (step - 1 + above + below) * here * source.pitch());
    for (long top = 0; top < all; top += step) {
      const long bottom = std::min(all, top + step), first = top - above, last = bottom - 1 + below;
      source.Copy(first, last, scratch);
      for (long g = 0; g < here; g++) {
        const Band band = source.Of(g, first, last, scratch);
        for (const Part &part : parts) {
          const long end = std::min(bottom, part.row < d.H ? Ceil(d.H - part.row, d.stride) : 0);
          const long own = part.pass.rows * part.pass.columns * from;
          panels.Each([&](long at, auto vectors, int lanes) {
            Run<vectors>(part.pass, band, d.OH, top, end,
                         packed.get() + ((begin + g) * taps + part.packed) * panels.wide + at * own, nullptr, lanes,
                         dx + ((n * d.H + part.row) * d.W + part.column) * d.C + (begin + g) * panels.to + at);
          });
        }
      }
    }
  });
}

#define ABLATE_INSTANTIATE(T)                                                                                \
  template void WideGroupedForward(const T *, const float *, const float *, const Window &, long, long, T *); \
  template void WideGroupedInputGradient(const T *, const float *, const Window &, long, long, T *);
ABLATE_INSTANTIATE(float)
ABLATE_INSTANTIATE(Bfloat16)

}  // namespace ablate
