// Grouped convolution as products of matrices that are never written out. A group's channels are copied into a padded
// map of their own, in which a row of taps under an output is one run of floats; so is the next output's, a step
// further. The taps of a group stay in the caches, a tile of outputs in registers.
#include "grouped-wide.h"

#include <algorithm>
#include <vector>

#include "phase.h"
#include "pool.h"
#include "shares.h"
#include "unroll.h"

namespace ablate {
namespace {

constexpr long kBundleFloats = 128;
constexpr long kBandFloats = 64 * 1024;
constexpr long kFilterBandFloats = 6 * 1024;
// Positions that are asked for before they are read or written.
constexpr long kAhead = 12;
// Vectors of a group's results side by side in a tile, and the rows of such tiles that registers hold.
constexpr int kPanel = 2;
constexpr int kPanelRows = kRegisters == 32 ? 8 : 6;
constexpr int kSingleRows = 8;

// A group's `to` channels of results in vectors, these in panels of one or two.
struct Panels {
  explicit Panels(long to) : to(to), vectors(Ceil(to, kWidth)), wide(vectors * kWidth) {}
  // body(channel, vectors as a constant, lanes of the last vector)
  template <class Body>
  void Each(const Body &body) const {
    for (long at = 0; at < to; at += kPanel * kWidth) {
      if (to - at > kWidth) {
        body(at, std::integral_constant<int, kPanel>{}, static_cast<int>(std::min<long>(to - at - kWidth, kWidth)));
      } else {
        body(at, std::integral_constant<int, 1>{}, static_cast<int>(to - at));
      }
    }
  }
  const long to, vectors, wide;
};

// A task is a few groups, whose channels together fill some cache lines of a position.
struct Bundles {
  Bundles(long from, long groups) : size(std::clamp(kBundleFloats / from, 1L, groups)), count(Ceil(groups, size)), groups_(groups) {}
  long Begin(long bundle) const { return bundle * size; }
  long End(long bundle) const { return std::min(groups_, (bundle + 1) * size); }
  const long size, count;

 private:
  const long groups_;
};

// Rows of one sample's map, one group's channels, with zeros around what is there.
struct Band {
  const float *data;
  long first;   // row of the map that is row 0 here; negative in the padding
  long left;    // columns of zeros before the map's first
  long pitch, pixel;
  const float *At(long row, long column) const { return data + (row - first) * pitch + (column + left) * pixel; }
};

ABLATE_INLINE void CopyChannels(const float *in, long count, float *out) {
  long c = 0;
  for (; c + kWidth <= count; c += kWidth) Store(out + c, Load(in + c));
  for (; c + 4 <= count; c += 4) memcpy(out + c, in + c, 4 * sizeof(float));
  for (; c < count; c++) out[c] = in[c];
}

// Where bands come from: the channels of neighbouring groups in one sample's map.
struct Source {
  const float *map;  // of the sample, at the first group's first channel
  long height, width, channels, from, groups;
  long left, right;
  long pitch() const { return (left + width + right) * from; }
  // Bands of rows [first, last), one group's after the other's.
  void Copy(long first, long last, float *out) const {
    const long row = pitch(), band = (last - first) * row;
    for (long g = 0; g < groups; g++) {
      for (long h = first; h < last; h++) {
        float *const line = out + g * band + (h - first) * row;
        const bool there = h >= 0 && h < height;
        std::fill_n(line, (there ? left : left + width) * from, 0.0f);
        std::fill_n(line + (left + width) * from, right * from, 0.0f);
      }
    }
    for (long h = std::max(0L, first); h < std::min(height, last); h++) {
      const float *in = map + h * width * channels;
      float *next = out + (h - first) * row + left * from;
      for (long w = 0; w < width; w++, in += channels, next += from) {
        // Positions lie too far apart for the processor to foresee.
        for (long c = 0; c < groups * from; c += 16) __builtin_prefetch(in + kAhead * channels + c);
        for (long g = 0; g < groups; g++) CopyChannels(in + g * from, from, next + g * band);
      }
    }
  }
  Band Of(long group, long first, long last, const float *copied) const {
    return {copied + group * (last - first) * pitch(), first, left, pitch(), from};
  }
};

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
template <int V>
void Run(const Pass &p, const Band &band, long height, long begin, long end, const float *taps, const float *bias,
         int lanes, float *out) {
  constexpr long kMost = V == 1 ? kSingleRows : kPanelRows;
  const long outputs = (end - begin) * p.width, tiles = Ceil(outputs, kMost);
  Tile tile;
  tile.run = p.columns * p.from;
  tile.pitch = band.pitch;
  tile.bias = bias;
  tile.lanes = lanes;
  const long at_step = p.step * band.pixel;
  const float *at = nullptr;
  float *to = nullptr;
  for (long i = 0, row = begin, column = 0; i < tiles; i++) {
    const long count = outputs / tiles + (i < outputs % tiles ? 1 : 0), top = row;
    for (long t = 0; t < count; t++, at += at_step, to += p.out_pixel) {
      if (column == 0) {
        at = band.At(row * p.step - p.down, -p.along);
        to = out + row * p.out_row;
      }
      tile.at[t] = at;
      tile.out[t] = to;
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

// Output rows that share a band of at most so many floats.
long BandRows(long floats, long pitch, long kernel, long step, long outputs) {
  return std::max(1L, std::min(outputs, (floats / pitch - kernel) / step + 1));
}

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
void PackSlopes(const Panels &panels, const float *dy, const float *end, long pixel, long groups, long positions,
                float *packed) {
  for (long p = 0; p < positions; p++, dy += pixel) {
    for (long g = 0; g < groups; g++) {
      const float *const in = dy + g * panels.to;
      panels.Each([&](long at, auto vectors, int lanes) ABLATE_INLINE_LAMBDA {
        float *const out = packed + (g * panels.wide + at) * positions + p * vectors * kWidth;
        Unroll<vectors - 1>([&](auto v) ABLATE_INLINE_LAMBDA { Store(out + v * kWidth, Load(in + at + v * kWidth)); });
        const float *const last = in + at + (vectors - 1) * kWidth;
        Store(out + (vectors - 1) * kWidth, end - last >= kWidth ? Load(last) : Load(last, lanes));
      });
    }
  }
}

}  // namespace

void WideGroupedForward(const float *x, const float *w, const float *bias, const Window &d, long groups, long O,
                        float *y) {
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
    const Source source{x + n * d.H * d.W * d.C + begin * from, d.H, d.W, d.C, from, here, d.padding, right};
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

void WideGroupedInputGradient(const float *dy, const float *w, const Window &d, long groups, long O, float *dx) {
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
    const Source source{dy + n * d.OH * d.OW * O + begin * from, d.OH, d.OW, O, from, here, left, right};
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

void WideGroupedFilterGradient(const float *dy, const float *x, const Window &d, long groups, long O, float *dw) {
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
      const Source source{x + n * d.H * d.W * d.C + begin * from, d.H, d.W, d.C, from, here, d.padding, right};
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

}  // namespace ablate
