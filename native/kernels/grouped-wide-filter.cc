// The filter's gradient of a wide grouped convolution: sums of a few taps stay in registers over a band's positions.
#include "grouped-band.h"
#include "grouped-wide.h"
#include "pool.h"
#include "unroll.h"

namespace ablate {
namespace grouped {
namespace {

constexpr long kFilterBandFloats = 6 * 1024;

// sums[r][v] over positions of map[r] times slope[v]: R taps in a row, from row `at` on.
struct FilterTile {
  const Band *band;
  long row, taps;  // which row of taps, and how many are in it
  long step, down, along, height;
  long begin, end, width;
  const float *slopes;  // [positions] panels
  float *sums;          // [taps of the row] panels
};

template <int R, int V>
void ComputeFilter(const FilterTile &f, long at) {
  float *const out = f.sums + at * V * kWidth;
  Vec sums[R][V];
  Unroll<R * V>([&](auto i) ABLATE_INLINE_LAMBDA { sums[i / V][i % V] = Load(out + i * kWidth); });
  const long step = f.step * f.band->pixel;
  for (long oh = f.begin; oh < f.end; oh++) {
    const long h = oh * f.step - f.down + f.row;
    if (h < 0 || h >= f.height) continue;
    const float *map = f.band->At(h, -f.along) + at, *slopes = f.slopes + (oh - f.begin) * f.width * V * kWidth;
    for (long ow = 0; ow < f.width; ow++, map += step, slopes += V * kWidth) {
      Vec values[V];
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { values[v] = Load(slopes + v * kWidth); });
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
        const Vec factor = Broadcast(map[r]);
        Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[r][v] = Fma(factor, values[v], sums[r][v]); });
      });
    }
  }
  Unroll<R * V>([&](auto i) ABLATE_INLINE_LAMBDA { Store(out + i * kWidth, sums[i / V][i % V]); });
}

template <int V>
void FilterRow(const FilterTile &f) {
  constexpr int kRows = 6 * (V == 1 || kRegisters == 32 ? 2 : 1);
  long at = 0;
  for (; at + kRows <= f.taps; at += kRows) ComputeFilter<kRows, V>(f, at);
  if constexpr (kRows == 12) {
    if (at + 6 <= f.taps) ComputeFilter<6, V>(f, at), at += 6;
  }
  if (at + 4 <= f.taps) ComputeFilter<4, V>(f, at), at += 4;
  if (at + 2 <= f.taps) ComputeFilter<2, V>(f, at), at += 2;
  if (at < f.taps) ComputeFilter<1, V>(f, at);
}

// The gradients of `groups` groups' results, [group][panel][position][vectors of the panel]. What fills up a last vector
// may be another group's: nobody reads the sums that it gets into. Nothing is read at `end` or beyond.
template <class T>
void PackSlopes(const Panels &panels, const T *dy, const T *end, long pixel, long groups, long positions,
                float *packed) {
  for (long p = 0; p < positions; p++, dy += pixel) {
    for (long g = 0; g < groups; g++) {
      const T *const in = dy + g * panels.to;
      panels.Each([&](long at, auto vectors, int lanes) ABLATE_INLINE_LAMBDA {
        float *const out = packed + (g * panels.wide + at) * positions + p * vectors * kWidth;
        Unroll<vectors - 1>([&](auto v) ABLATE_INLINE_LAMBDA { Store(out + v * kWidth, Load(in + at + v * kWidth)); });
        const T *const last = in + at + (vectors - 1) * kWidth;
        Store(out + (vectors - 1) * kWidth, end - last >= kWidth ? Load(last) : Load(last, lanes));
      });
    }
  }
}

}  // namespace
}  // namespace grouped

using namespace grouped;

template <class T>
void WideGroupedFilterGradient(const T *dy, const T *x, const Window &d, long groups, long O, float *dw) {
  const long from = d.C / groups, run = d.kernel * from, taps = d.kernel * run;
  const Panels panels(O / groups);
  const long right = std::max(0L, (d.OW - 1) * d.stride + d.kernel - d.padding - d.W);
  const Bundles bundles(from, groups);
  // Samples fall into parts with sums of their own only where there are too few bundles for many threads.
  const long count = std::max(1L, std::min(d.N, 32 / bundles.count)), share = Ceil(d.N, count);
  const long size = taps * panels.wide;
  const Buffer sums = NewBuffer(count * groups * size);
  Parallel(count * bundles.count, [&](long task) {
    const long part = task / bundles.count, begin = bundles.Begin(task % bundles.count);
    const long here = bundles.End(task % bundles.count) - begin;
    float *const own = sums.get() + (part * groups + begin) * size;
    std::fill_n(own, here * size, 0.0f);
    for (long n = part * share; n < std::min(d.N, (part + 1) * share); n++) {
      const Source<T> source{x + n * d.H * d.W * d.C + begin * from, d.H, d.W, d.C, from, here, d.padding, right};
      const long step = BandRows(kFilterBandFloats, source.pitch(), d.kernel, d.stride, d.OH);
      float *const scratch = Scratch(Slot::kInput, ((step - 1) * d.stride + d.kernel) * here * source.pitch());
      float *const slopes = Scratch(Slot::kGradient, step * d.OW * here * panels.wide);
      for (long top = 0; top < d.OH; top += step) {
        const long bottom = std::min(d.OH, top + step), positions = (bottom - top) * d.OW;
        const long first = top * d.stride - d.padding, last = (bottom - 1) * d.stride - d.padding + d.kernel;
        source.Copy(first, last, scratch);
        PackSlopes(panels, dy + (n * d.OH + top) * d.OW * O + begin * panels.to, dy + d.N * d.OH * d.OW * O, O, here,
                   positions, slopes);
        for (long g = 0; g < here; g++) {
          const Band band = source.Of(g, first, last, scratch);
          panels.Each([&](long at, auto vectors, int) {
            for (long row = 0; row < d.kernel; row++) {
              FilterRow<vectors>({&band, row, run, d.stride, d.padding, d.padding, d.H, top, bottom, d.OW,
                                  slopes + (g * panels.wide + at) * positions,
                                  own + g * size + at * taps + row * run * vectors * kWidth});
            }
          });
        }
      }
    }
  });
  Parallel(groups, [&](long group) {
    const float *own = sums.get() + group * size;
    panels.Each([&](long at, auto vectors, int lanes) {
      for (long tap = 0; tap < taps; tap++) {
        for (int v = 0; v < vectors; v++, own += kWidth) {
          Vec sum = {};
          for (long part = 0; part < count; part++) sum += Load(own + part * groups * size);
          float *const out = dw + tap * O + group * panels.to + at + v * kWidth;
          if (v + 1 < vectors || lanes == kWidth) Store(out, sum);
          else Store(out, sum, lanes);
        }
      }
    });
  });
}

template void WideGroupedFilterGradient(const float *, const float *, const Window &, long, long, float *);
template void WideGroupedFilterGradient(const Bfloat16 *, const Bfloat16 *, const Window &, long, long, float *);

}  // namespace ablate
