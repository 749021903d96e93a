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
constexpr long kTerms = 384;              // summed at a time: a panel of them stays in the nearest cache
constexpr long kTasks = 16;               // at least, where there is work for as many
constexpr long kPositions = 192;          // that a filter's gradient sums at a time
constexpr long kGroup = 16;               // panels of slopes that lie packed while it does
constexpr long kPackedFrom = 8;           // panels from which packing the terms too pays

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
};

// All tiles of a band by a block of terms and a panel.
void Tiles(const Band &band, const TermBlock &block, const Panels &panels, long panel, const float *bias,
           float *const *out) {
  float start[kPanel];
  const long columns = panels.Columns(panel);
  if (bias) CopyColumns(bias + panel * kPanel, columns, start);
  const Shares tiles(band.positions(), kTileRows);
  for (long tile = 0; tile < tiles.shares; tile++) {
    const long begin = tiles.Begin(tile), rows = tiles.End(tile) - begin;
    if (rows <= 0) break;
    RowsTile(static_cast<int>(rows),
             {band.rows() + begin, block.runs.data(), static_cast<long>(block.runs.size()),
              panels.At(panel) + block.first * kPanel, bias ? start : nullptr, block.first > 0, out + begin,
              panel * kPanel, columns});
  }
}

// after(first line, end line, first column, end column) once those outputs are there.
template <class After>
void Convolve(const Grid &grid, const Panels &panels, const float *bias, const Target &target, const After &after) {
  const long wanted = std::min(240L, std::max(48L, kBlockFloats / grid.C));
  const Shares blocks(grid.lines(), std::max(1L, wanted / grid.columns));
  const Shares chunks(panels.count, Ceil(panels.count, Ceil(kTasks, blocks.shares)));
  Parallel(blocks.shares * chunks.shares, [&](long task) {
    const long chunk = task % chunks.shares, first = blocks.Begin(task / chunks.shares);
    const long end = blocks.End(task / chunks.shares);
    if (first >= end) return;
    const Band band(grid, first, end);
    std::vector<float *> out(band.positions());
    float **next = out.data();
    for (Line line(grid.rows, first); line.at < end; line.Next()) {
      float *const at = target.y + line.sample * target.sample + line.row * target.row;
      for (long x = 0; x < grid.columns; x++) *next++ = at + x * target.pixel;
    }
    for (const TermBlock &block : TermBlocks(grid, band.tap_row())) {
      for (long panel = chunks.Begin(chunk); panel < chunks.End(chunk); panel++) {
        Tiles(band, block, panels, panel, bias, out.data());
      }
    }
    after(first, end, chunks.Begin(chunk) * kPanel, std::min(panels.columns, chunks.End(chunk) * kPanel));
  });
}

Grid ForwardGrid(const float *x, const Window &d) {
  // Without a window positions are independent of each other: lines of one.
  if (d.kernel == 1 && d.stride == 1 && d.padding == 0) return {x, d.N * d.H * d.W, 1, 1, d.C, 1, 1, 1, 0, 0, 1, 1};
  return {x, d.N, d.H, d.W, d.C, d.OH, d.OW, d.stride, d.padding, d.padding, d.kernel, d.kernel};
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

// A band's part of the filter's gradient, for some panels of its outputs.
void SumGroup(const Band &band, const Grid &grid, const float *dy, long from, long to, long O, float *sums,
              float *dbias) {
  const long positions = band.positions(), panels = to - from;
  float *const slopes = Scratch(Slot::kGradient, panels * positions * kPanel);
  for (long panel = 0; panel < panels; panel++) {
    const long c = (from + panel) * kPanel, width = std::min(kPanel, O - c);
    float *const packed = slopes + panel * positions * kPanel;
    Vec totals[kTileVectors] = {};
    for (long p = 0; p < positions; p++) {
      CopyColumns(dy + p * O + c, width, packed + p * kPanel);
      for (int v = 0; v < kTileVectors; v++) totals[v] += Load(packed + p * kPanel + v * kWidth);
    }
    if (!dbias) continue;
    for (long i = 0; i < width; i++) dbias[c + i] += totals[i / kWidth][i % kWidth];
  }
  float *const terms = panels < kPackedFrom ? nullptr : Scratch(Slot::kWeights, positions * kTileRows);
  const Shares tiles(grid.run(), kTileRows);
  for (long tap = 0; tap < grid.tap_rows; tap++) {
    for (long tile = 0; tile < tiles.shares; tile++) {
      const long begin = tiles.Begin(tile), offset = tap * band.tap_row() + begin;
      const int count = static_cast<int>(tiles.End(tile) - begin);
      if (count <= 0) break;
      if (terms) PackTerms(count, band.rows(), offset, positions, terms);
      for (long panel = 0; panel < panels; panel++) {
        const long c = (from + panel) * kPanel;
        OuterTile(count, {band.rows(), offset, terms, positions, slopes + panel * positions * kPanel,
                          sums + (tap * grid.run() + begin) * O + c, O, std::min(kPanel, O - c)});
      }
    }
  }
}

}  // namespace

template <Activation A>
void DenseForward(const float *x, const float *w, const float *bias, const Window &d, long O, float *before, float *y) {
  if (WinogradServes(d, O)) return WinogradForward<A>(x, w, bias, d, O, before, y);
  const Grid grid = ForwardGrid(x, d);
  const Panels panels = OutputPanels(w, grid.terms(), O);
  constexpr bool kKept = A == Activation::kGelu;
  const Target target{kKept ? before : y, grid.rows * grid.columns * O, grid.columns * O, O};
  Convolve(grid, panels, kKept ? nullptr : bias, target, [&](long first, long end, long from, long to) {
    if (A == Activation::kNone) return;
    for (long p = first * grid.columns; p < end * grid.columns; p++) {
      Vectors(to - from, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
        const long c = from + i;
        Vec value = Load(target.y + p * O + c, width);
        if (kKept && bias) value += Load(bias + c, width);
        Store(y + p * O + c, Activate<A>(value), width);
      });
    }
  });
}

void DenseInputGradient(const float *dy, const float *w, const Window &d, long O, float *dx) {
  if (WinogradServes(d, O)) return WinogradInputGradient(dy, w, d, O, dx);
  for (long py = 0; py < d.stride; py++) {
    for (long px = 0; px < d.stride; px++) {
      const Phase y(py, d), x(px, d);
      const long rows = Ceil(d.H - py, d.stride), columns = Ceil(d.W - px, d.stride);
      if (rows <= 0 || columns <= 0) continue;
      const Target target{dx + (py * d.W + px) * d.C, d.H * d.W * d.C, d.stride * d.W * d.C, d.stride * d.C};
      if (y.taps == 0 || x.taps == 0) {
        Clear(target, d.N, rows, columns, d.C);
        continue;
      }
      const Panels panels = InputPanels(w, d, O, y, x);
      Grid grid{dy, d.N, d.OH, d.OW, O, rows, columns, 1, y.padding, x.padding, y.taps, x.taps};
      Target to = target;
      if (d.kernel == 1 && d.stride == 1 && d.padding == 0) {
        grid = {dy, d.N * d.OH * d.OW, 1, 1, O, 1, 1, 1, 0, 0, 1, 1};
        to = {dx, d.C, d.C, d.C};
      }
      Convolve(grid, panels, nullptr, to, [](long, long, long, long) {});
    }
  }
}

void DenseFilterGradient(const float *dy, const float *x, const Window &d, long O, float *dw, float *dbias) {
  if (WinogradServes(d, O)) return WinogradFilterGradient(dy, x, d, O, dw, dbias);
  const Grid grid = ForwardGrid(x, d);
  const long size = grid.terms() * O, positions = grid.lines() * grid.columns, panels = Ceil(O, kPanel);
  // Parts of the positions, each with sums of its own; where those would take much memory, chunks of the outputs instead.
  const long most = std::min(kTasks, std::max(1L, (4L << 20) / size));
  const Shares parts(grid.lines(), Ceil(grid.lines(), std::max(1L, std::min(most, positions / 1024))));
  const Shares chunks(panels, Ceil(panels, Ceil(kTasks, parts.shares)));
  const bool whole = parts.shares == 1;
  const Buffer sums = NewBuffer(whole ? 0 : parts.shares * (size + O));
  Parallel(parts.shares * chunks.shares, [&](long task) {
    const long part = task / chunks.shares, chunk = task % chunks.shares;
    const long from = chunks.Begin(chunk), to = chunks.End(chunk);
    const long first_column = from * kPanel, columns = std::min(O, to * kPanel) - first_column;
    float *const own = whole ? dw : sums.get() + part * (size + O), *const own_bias = whole ? dbias : own + size;
    for (long term = 0; term < grid.terms(); term++) memset(own + term * O + first_column, 0, columns * sizeof(float));
    if (dbias) memset(own_bias + first_column, 0, columns * sizeof(float));
    const long step = std::max(1L, kPositions / grid.columns);
    for (long first = parts.Begin(part); first < parts.End(part); first += step) {
      const long end = std::min(parts.End(part), first + step);
      const Band band(grid, first, end);
      for (long panel = from; panel < to; panel += kGroup) {
        SumGroup(band, grid, dy + first * grid.columns * O, panel, std::min(to, panel + kGroup), O, own,
                 dbias ? own_bias : nullptr);
      }
    }
  });
  if (whole) return;
  const Shares shares(size, 16384);
  Parallel(shares.shares, [&](long share) {
    const long begin = shares.Begin(share);
    SumRows(sums.get() + begin, parts.shares, size + O, shares.End(share) - begin, dw + begin);
  });
  if (dbias) SumRows(sums.get() + size, parts.shares, size + O, O, dbias);
}

#define ABLATE_INSTANTIATE(A)                                                                                          \
  template void DenseForward<A>(const float *, const float *, const float *, const Window &, long, float *, float *);
ABLATE_INSTANTIATE(Activation::kNone)
ABLATE_INSTANTIATE(Activation::kRelu)
ABLATE_INSTANTIATE(Activation::kGelu)

}  // namespace ablate
