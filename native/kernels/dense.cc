// Dense convolutions and matrix products: outputs of a few positions times a panel of weights stay in registers over all
// their terms. No patches are laid out: taps are read where they lie, or from a band of the map copied with its padding.
#include <algorithm>
#include <vector>

#include "band.h"
#include "panels.h"
#include "winograd.h"

namespace ablate {
namespace {

constexpr long kBlockFloats = 48 * 1024;  // of the map, read by one task: they stay in its core's cache

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
struct Target {
  float *y;
  long sample, row, pixel;
  bool streamed;
};

// The outputs of a band, which begins with line `first`.
struct Outputs {
  const Grid &grid;
  const Band &band;
  long first;
  float *const *at;
  bool streamed;
};

// All of them by a block of terms and a panel; `fresh`, if it is the first to read these terms.
void Tiles(const Outputs &out, const TermBlock &block, const Panels &panels, long panel, bool fresh, const float *bias) {
  float start[kPanel];
  const long columns = panels.Columns(panel);
  if (bias) CopyColumns(bias + panel * kPanel, columns, start);
  const Shares tiles(out.band.positions(), kTileRows);
  const Precision precision = out.grid.precision;
  const Run &run = block.runs.front();
  for (long tile = 0; tile < tiles.shares; tile++) {
    const long begin = tiles.Begin(tile), end = tiles.End(tile), next = tiles.End(tile + 1);
    Ahead ahead(fresh && !out.band.copied() ? MapOf(out.grid, out.first + end, out.first + next, run.offset, run.length) : Region{}, {},
                Ceil(run.length, kAheadEach));
    // A wide map's outputs are in no cache yet: the next tile's come while this one's sums run.
    for (long p = end; p < next && !out.streamed; p++) {
      for (long c = 0; c < columns; c += kLine) __builtin_prefetch(out.at[p] + panel * kPanel + c, 1);
    }
    RowsTile(static_cast<int>(end - begin),
             {out.band.rows() + begin, block.runs.data(), static_cast<long>(block.runs.size()),
              panels.At(panel) + block.first * kPanel, bias ? start : nullptr, block.first > 0, out.at + begin,
              panel * kPanel, columns, precision, out.streamed, ahead.done() ? nullptr : &ahead});
  }
}

// after(first line, end line, first column, end column) once those outputs are there.
template <class After>
void Convolve(const Grid &grid, const Panels &panels, const float *bias, const Target &target, const After &after) {
  const long wanted = std::min(240L, std::max(48L, kBlockFloats / std::min(grid.pixel(), kTerms)));
  const Shares blocks(grid.lines(), std::max(1L, wanted / grid.columns), grid.columns == 1 ? kTileRows : 1);
  const Shares chunks(panels.count, Ceil(panels.count, Ceil(kTasks, blocks.shares)));
  Parallel(blocks.shares * chunks.shares, [&](long task) {
    const AmxScope amx(grid.precision);
    const long chunk = task % chunks.shares, first = blocks.Begin(task / chunks.shares);
    const long end = blocks.End(task / chunks.shares);
    const Band band(grid, first, end, true);
    std::vector<float *> at(band.positions());
    float **next = at.data();
    for (Line line(grid.rows, first); line.at < end; line.Next()) {
      float *const row = target.y + line.sample * target.sample + line.row * target.row;
      for (long x = 0; x < grid.columns; x++) *next++ = row + x * target.pixel;
    }
    const std::vector<TermBlock> terms = TermBlocks(grid, band.tap_row());
    const bool streamed = target.streamed && terms.size() == 1;  // what is summed in parts is read again
    const Outputs out{grid, band, first, at.data(), streamed};
    for (const TermBlock &block : terms) {
      for (long panel = chunks.Begin(chunk); panel < chunks.End(chunk); panel++) {
        Tiles(out, block, panels, panel, panel == chunks.Begin(chunk), bias);
      }
    }
    if (streamed) Streamed::Finish();
    after(first, end, chunks.Begin(chunk) * kPanel, std::min(panels.columns, chunks.End(chunk) * kPanel));
  });
}

// Positions of a phase whose outputs no tap reaches.
void Clear(const Target &target, long N, long rows, long columns, long C) {
  Parallel(N, [&](long n) {
    for (long y = 0; y < rows; y++) {
      for (long x = 0; x < columns; x++) {
        memset(target.y + n * target.sample + y * target.row + x * target.pixel, 0, C * sizeof(float));
      }
    }
  });
}

}  // namespace

template <Activation A>
void DenseForward(const float *x, const float *w, const float *bias, const Window &d, long O, Precision precision,
                  float *before, float *y) {
  if (d.N == 0) return;
  if (WinogradServes(d, O, precision)) return WinogradForward<A>(x, w, bias, d, O, before, y);
  const Grid grid = ForwardGrid(x, d, precision);
  const Panels panels = OutputPanels(w, d.kernel * d.kernel, d.C, O, precision);
  constexpr bool kKept = A == Activation::kGelu;
  const bool streams = Streams(y, grid.lines() * grid.columns * O, O);
  const Target target{kKept ? before : y, grid.rows * grid.columns * O, grid.columns * O, O,
                      streams && A == Activation::kNone};
  Convolve(grid, panels, kKept ? nullptr : bias, target, [&](long first, long end, long from, long to) {
    if (A == Activation::kNone) return;
    const auto activate = [&](auto store) {
      for (long p = first * grid.columns; p < end * grid.columns; p++) {
        Vectors(to - from, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
          const long c = from + i;
          Vec value = Load(target.y + p * O + c, width);
          if (kKept && bias) value += Load(bias + c, width);
          store(y + p * O + c, Activate<A>(value), width);
        });
      }
      store.Finish();
    };
    if (streams && kKept) activate(Streamed{});
    else activate(Cached{});
  });
}

void DenseInputGradient(const float *dy, const float *w, const Window &d, long O, Precision precision, float *dx) {
  if (d.N == 0) return;
  if (WinogradServes(d, O, precision)) return WinogradInputGradient(dy, w, d, O, dx);
  for (long py = 0; py < d.stride; py++) {
    for (long px = 0; px < d.stride; px++) {
      const Phase y(py, d), x(px, d);
      const long rows = Ceil(d.H - py, d.stride), columns = Ceil(d.W - px, d.stride);
      if (rows <= 0 || columns <= 0) continue;
      const Target target{dx + (py * d.W + px) * d.C, d.H * d.W * d.C, d.stride * d.W * d.C, d.stride * d.C,
                          Streams(dx, d.N * d.H * d.W * d.C, d.C)};
      if (y.taps == 0 || x.taps == 0) {
        Clear(target, d.N, rows, columns, d.C);
        continue;
      }
      const Panels panels = InputPanels(w, d, O, y, x, precision);
      Grid grid{dy, d.N, d.OH, d.OW, O, rows, columns, 1, y.padding, x.padding, y.taps, x.taps, precision};
      Target to = target;
      if (d.kernel == 1 && d.stride == 1 && d.padding == 0) {
        grid = {dy, d.N * d.OH * d.OW, 1, 1, O, 1, 1, 1, 0, 0, 1, 1, precision};
        to = {dx, d.C, d.C, d.C, target.streamed};
      }
      Convolve(grid, panels, nullptr, to, [](long, long, long, long) {});
    }
  }
}

#define ABLATE_INSTANTIATE(A)                                                                                          \
  template void DenseForward<A>(const float *, const float *, const float *, const Window &, long, Precision, float *, \
                                float *);
ABLATE_INSTANTIATE(Activation::kNone)
ABLATE_INSTANTIATE(Activation::kRelu)
ABLATE_INSTANTIATE(Activation::kGelu)

}  // namespace ablate
