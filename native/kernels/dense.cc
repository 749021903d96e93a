// Dense convolutions and matrix products: outputs of a few positions times a panel of weights stay in registers over all
// their terms. No patches are laid out: taps are read where they lie, or from a band of the map copied with its padding.
#include <algorithm>
#include <vector>

#include "amx-dense.h"
#include "band.h"
#include "panels.h"
#include "winograd.h"

namespace ablate {
namespace {

constexpr long kBlockFloats = 48 * 1024;  // of the map, read by one task: they stay in its core's cache
constexpr long kSumFloats = 32 * 1024;    // of sums that wait there to be rounded

// Terms of a row of taps fall into runs; blocks of runs are summed one after the other.
struct TermBlock {
  std::vector<Run> runs;
  long first = 0;  // term, counted over all
};

std::vector<TermBlock> TermBlocks(const Grid &grid, long tap_row) {
  const Shares shares(grid.terms(), kTerms);
  std::vector<TermBlock> blocks(shares.shares);
  for (long share = 0; share < shares.shares; share++) {
    blocks[share].first = shares.Begin(share);
    for (long term = shares.Begin(share); term < shares.End(share);) {
      const long tap = term / grid.run(), at = term % grid.run();
      const long length = std::min(grid.run() - at, shares.End(share) - term);
      blocks[share].runs.push_back({tap * tap_row + at, length});
      term += length;
    }
  }
  return blocks;
}

// Where position (n, row, column) of a grid is written.
template <class T>
struct Target {
  T *y;
  long sample, row, pixel;
  bool streamed;
};

// Of the positions of lines [first, end), from the target's beginning.
template <class T>
std::vector<long> Offsets(const Grid &grid, const Target<T> &target, long first, long end) {
  std::vector<long> offsets((end - first) * grid.columns);
  if (grid.rows == 1 && grid.columns == 1) {
    for (long line = first; line < end; line++) offsets[line - first] = line * target.sample;
    return offsets;
  }
  long *next = offsets.data();
  for (Line line(grid.rows, first); line.at < end; line.Next()) {
    const long row = line.sample * target.sample + line.row * target.row;
    for (long x = 0; x < grid.columns; x++) *next++ = row + x * target.pixel;
  }
  return offsets;
}

// Where the sums of a band are written, which begins with line `first`.
template <class T>
struct Sums {
  const Grid &grid;
  const Band &band;
  long first;
  T *const *at;
  bool streamed, near;  // past the caches; in a cache already
};

// All of them by a block of terms and a panel; `fresh`, if it is the first to read these terms.
template <class T>
void Tiles(const Sums<T> &sums, const TermBlock &block, const Panels &panels, long panel, bool fresh, const float *bias) {
  float start[kPanel];
  const long columns = panels.Columns(panel);
  if (bias) CopyColumns(bias + panel * kPanel, columns, start);
  const Shares tiles(sums.band.positions(), kTileRows);
  const Run &run = block.runs.front();
  for (long tile = 0; tile < tiles.shares; tile++) {
    const long begin = tiles.Begin(tile), end = tiles.End(tile), next = tiles.End(tile + 1);
    const bool brings = fresh && !sums.band.copied();
    Ahead ahead(brings ? MapOf(sums.grid, sums.first + end, sums.first + next, run.offset, run.length) : Region{}, {},
                Ceil(run.length, kAheadEach));
    // A wide map's outputs are in no cache yet: the next tile's come while this one's sums run.
    for (long p = end; p < next && !sums.streamed && !sums.near; p++) {
      constexpr long kApart = kLine * sizeof(float) / sizeof(T);
      for (long c = 0; c < columns; c += kApart) __builtin_prefetch(sums.at[p] + panel * kPanel + c, 1);
    }
    RowsCall call{sums.band.rows() + begin, block.runs.data(), static_cast<long>(block.runs.size()),
                  panels.At(panel) + block.first * kPanel, bias ? start : nullptr, block.first > 0, nullptr,
                  panel * kPanel, columns, sums.grid.precision, sums.streamed, ahead.done() ? nullptr : &ahead};
    if constexpr (std::is_same_v<T, float>) call.out = sums.at + begin;
    else call.halves = sums.at + begin;
    RowsTile(static_cast<int>(end - begin), call);
  }
}

// Sums are the output as they are.
struct AsTheyAre {};

#if defined(ABLATE_HAS_AMX)
template <class T, class Finish>
void ConvolveByAmx(const Grid &grid, const Panels &panels, const float *bias, const Target<T> &target, const Finish &finish) {
  const auto offset = [&](long line, long x) {
    return line / grid.rows * target.sample + line % grid.rows * target.row + x * target.pixel;
  };
  const auto each = [&](auto store) {
    AmxConvolve(grid, panels, bias, offset, [&](long at, const float *sums, long from, long to) ABLATE_INLINE_LAMBDA {
      if constexpr (std::is_same_v<Finish, AsTheyAre>) {
        Vectors(to - from, [=](long i, auto width) ABLATE_INLINE_LAMBDA {
          store(target.y + at + from + i, Load(sums + from + i, width), width);
        });
      } else {
        finish(store, at, sums, from, to);
      }
    });
  };
  if (target.streamed) each(Streamed{});
  else each(Cached{});
}
#endif

// The sums of each position and panel, then finish(store, offset of a position in the target, its sums, first column, end
// column). Sums are written where they belong, if what stands there is them, or can be made of them there; else into scratch
// memory, some panels at a time.
template <class T, class Finish>
void Convolve(const Grid &grid, const Panels &panels, const float *bias, const Target<T> &target, const Finish &finish) {
  constexpr bool kFloats = std::is_same_v<T, float>, kFinishes = !std::is_same_v<Finish, AsTheyAre>;
#if defined(ABLATE_HAS_AMX)
  if (AmxServes(grid.precision)) return ConvolveByAmx(grid, panels, bias, target, finish);
#endif
  const long wanted = std::min(240L, std::max(48L, kBlockFloats / std::min(grid.pixel(), kTerms)));
  const Shares blocks(grid.lines(), std::max(1L, wanted / grid.columns), grid.columns == 1 ? kTileRows : 1);
  const Shares chunks(panels.count, Ceil(panels.count, Ceil(kTasks, blocks.shares)));
  Parallel(blocks.shares * chunks.shares, [&](long task) {
    const long chunk = task % chunks.shares, first = blocks.Begin(task / chunks.shares);
    const long end = blocks.End(task / chunks.shares);
    const Band band(grid, first, end, true);
    const long positions = band.positions();
    const std::vector<long> offsets = Offsets(grid, target, first, end);
    const std::vector<TermBlock> terms = TermBlocks(grid, band.tap_row());
    const bool whole = terms.size() == 1;  // else sums are read again
    const auto tiles = [&](const auto &sums, long from, long to) {
      for (const TermBlock &block : terms) {
        for (long panel = from; panel < to; panel++) {
          Tiles(sums, block, panels, panel, panel == chunks.Begin(chunk), bias);
        }
      }
    };
    const auto finished = [&](float *const *at, long from, long to) {
      const auto each = [&](auto store) {
        const long begin = from * kPanel, last = std::min(panels.columns, to * kPanel);
        for (long p = 0; p < positions; p++) {
          if constexpr (kFinishes) {
            finish(store, offsets[p], at[p], begin, last);
          } else {
            Vectors(last - begin, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
              store(target.y + offsets[p] + begin + i, Load(at[p] + begin + i, width), width);
            });
          }
        }
        store.Finish();
      };
      if (target.streamed) each(Streamed{});
      else each(Cached{});
    };
    const long from = chunks.Begin(chunk), to = chunks.End(chunk);
    if (kFloats || (!kFinishes && whole)) {
      std::vector<T *> at(positions);
      for (long p = 0; p < positions; p++) at[p] = target.y + offsets[p];
      const bool streamed = target.streamed && !kFinishes && whole;
      tiles(Sums<T>{grid, band, first, at.data(), streamed, false}, from, to);
      if (streamed) Streamed::Finish();
      if constexpr (kFloats && kFinishes) finished(at.data(), from, to);
      return;
    }
    const Shares groups(to - from, std::max(1L, kSumFloats / (positions * kPanel)));
    const long apart = groups.size * kPanel + kLine;
    float *const scratch = Scratch(Slot::kSums, positions * apart);
    std::vector<float *> at(positions);
    for (long group = 0; group < groups.shares; group++) {
      const long begin = from + groups.Begin(group), behind = from + groups.End(group);
      for (long p = 0; p < positions; p++) at[p] = scratch + p * apart - begin * kPanel;
      tiles(Sums<float>{grid, band, first, at.data(), false, true}, begin, behind);
      finished(at.data(), begin, behind);
    }
  });
}

// Positions of a phase whose outputs no tap reaches: zeros, or what they would be added to.
template <class T>
void Untouched(const Target<T> &target, const T *onto, long N, long rows, long columns, long C) {
  if (onto == target.y) return;
  Parallel(N, [&](long n) {
    for (long y = 0; y < rows; y++) {
      for (long x = 0; x < columns; x++) {
        const long at = n * target.sample + y * target.row + x * target.pixel;
        if (onto) memcpy(target.y + at, onto + at, C * sizeof(T));
        else memset(target.y + at, 0, C * sizeof(T));
      }
    }
  });
}

}  // namespace

template <Activation A, class T>
void DenseForward(const T *x, const float *w, const float *bias, const Window &d, long O, Precision precision, T *before,
                  T *y) {
  if (d.N == 0) return;
  constexpr bool kFloats = std::is_same_v<T, float>, kKept = A == Activation::kGelu;
  if constexpr (kFloats) {
    if (WinogradServes(d, O, precision)) return WinogradForward<A>(x, w, bias, d, O, before, y);
  }
  const Multiplicand map(x, d.N * d.H * d.W, d.C);
  const Grid grid = ForwardGrid(map, d, precision);
  const Panels panels = OutputPanels(w, d.kernel, d.kernel, d.C, O, precision);
  const bool in_place = kFloats && A == Activation::kRelu;
  const Target<T> target{kFloats && kKept ? before : y, grid.rows * grid.columns * O, grid.columns * O, O,
                         !in_place && Streams(y, grid.lines() * grid.columns * O, O)};
  const float *const start = kKept ? nullptr : bias;
  const bool apart = !kFloats || AmxServes(precision);  // sums are not where `before` is
  if constexpr (A == Activation::kNone) return Convolve(grid, panels, start, target, AsTheyAre{});
  else Convolve(grid, panels, start, target, [=](auto store, long at, const float *sums, long from, long to) {
    Vectors(to - from, [=](long i, auto width) ABLATE_INLINE_LAMBDA {
      const long c = from + i;
      Vec value = Load(sums + c, width);
      if (kKept && apart) store(before + at + c, value, width);
      if (kKept) value = Kept<T>(value);  // which is all that the backward pass has of it
      if (kKept && bias) value += Load(bias + c, width);
      store(y + at + c, Activate<A>(value), width);
    });
  });
}

template <class T>
void DenseInputGradient(const T *dy, const float *w, const Window &d, long O, Precision precision, T *dx, const T *onto) {
  if (d.N == 0) return;
  if constexpr (std::is_same_v<T, float>) {
    if (WinogradServes(d, O, precision)) {
      WinogradInputGradient(dy, w, d, O, dx);
      if (onto) Add(dx, onto, dx, d.N * d.H * d.W * d.C);
      return;
    }
  }
  const Multiplicand map(dy, d.N * d.OH * d.OW, O);
  for (long py = 0; py < d.stride; py++) {
    for (long px = 0; px < d.stride; px++) {
      const Phase y(py, d), x(px, d);
      const long rows = Ceil(d.H - py, d.stride), columns = Ceil(d.W - px, d.stride);
      if (rows <= 0 || columns <= 0) continue;
      const long start = (py * d.W + px) * d.C;
      const Target<T> target{dx + start, d.H * d.W * d.C, d.stride * d.W * d.C, d.stride * d.C,
                             Streams(dx, d.N * d.H * d.W * d.C, d.C)};
      const T *const also = onto ? onto + start : nullptr;
      if (y.taps == 0 || x.taps == 0) {
        Untouched(target, also, d.N, rows, columns, d.C);
        continue;
      }
      const Panels panels = InputPanels(w, d, O, y, x, precision);
      Grid grid{map.map(), d.N, d.OH, d.OW, map.C(), rows, columns, 1, y.padding, x.padding, y.taps, x.taps, precision,
                map.places()};
      Target<T> to = target;
      if (d.kernel == 1 && d.stride == 1 && d.padding == 0) {
        grid = {map.map(), d.N * d.OH * d.OW, 1, 1, map.C(), 1, 1, 1, 0, 0, 1, 1, precision, map.places()};
        to = {dx, d.C, d.C, d.C, target.streamed};
      }
      if (!also) {
        Convolve(grid, panels, nullptr, to, AsTheyAre{});
        continue;
      }
      if (std::is_same_v<T, float>) to.streamed = false;
      Convolve(grid, panels, nullptr, to, [=](auto store, long at, const float *sums, long from, long end) {
        Vectors(end - from, [=](long i, auto width) ABLATE_INLINE_LAMBDA {
          const Vec value = Kept<T>(Load(sums + from + i, width));
          store(to.y + at + from + i, value + Load(also + at + from + i, width), width);
        });
      });
    }
  }
}

#define ABLATE_INSTANTIATE(A, T)                                                                                     \
  template void DenseForward<A>(const T *, const float *, const float *, const Window &, long, Precision, T *, T *);
ABLATE_EACH_KIND(ABLATE_INSTANTIATE)
template void DenseInputGradient(const float *, const float *, const Window &, long, Precision, float *, const float *);
template void DenseInputGradient(const Bfloat16 *, const float *, const Window &, long, Precision, Bfloat16 *,
                                 const Bfloat16 *);

}  // namespace ablate
