// Dense convolutions and matrix products: outputs of a few positions times a panel of weights stay in registers over all
// their terms. No patches are laid out: taps are read where they lie, or from a band of the map copied with its padding.
#include <algorithm>
#include <cmath>
#include <vector>

#include "band.h"
#include "panels.h"
#include "winograd.h"

namespace ablate {
namespace {

constexpr long kBlockFloats = 48 * 1024;  // of the map, read by one task: they stay in its core's cache
constexpr long kPositions = 192;          // that a filter's gradient sums at a time, in places
constexpr long kGroup = 16;               // panels of slopes that lie packed while it does
constexpr long kLeastTiles = 20;          // of terms, from which packing their slopes costs little
constexpr long kGroupTiles = 64;          // tiles of terms that lie packed with them

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

Grid ForwardGrid(const float *x, const Window &d, Precision precision) {
  // Without a window positions are independent of each other: lines of one.
  if (d.kernel == 1 && d.stride == 1 && d.padding == 0) {
    return {x, d.N * d.H * d.W, 1, 1, d.C, 1, 1, 1, 0, 0, 1, 1, precision};
  }
  return {x, d.N, d.H, d.W, d.C, d.OH, d.OW, d.stride, d.padding, d.padding, d.kernel, d.kernel, precision};
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

// Tiles of a filter's terms: those of a row of taps, then those of the next.
struct TermTiles {
  long run, each, count;
  long apart;  // floats from one position's terms to the next's, where they lie
  explicit TermTiles(const Grid &grid)
      : run(grid.run()), each(Ceil(run, kTileRows)), count(grid.tap_rows * each), apart(grid.stride * grid.C) {}
  long Tap(long tile) const { return tile / each; }
  long Begin(long tile) const { return tile % each * kTileRows; }  // within the row of taps
  int Terms(long tile) const { return static_cast<int>(std::min<long>(kTileRows, run - Begin(tile))); }
};

// A part of the filter's gradient: of these tiles of terms and these panels of outputs.
struct Part {
  long first_tile, end_tile, first_panel, end_panel;
};

// Positions by outputs.
struct Slopes {
  const float *dy;
  long positions, O;
};

// Some slopes as panels [places of positions][kPanel], `apart` floats from one to the next.
void PackSlopes(const Slopes &all, Precision precision, long from, long to, float *packed, long apart) {
  const long first = from * kPanel, columns = std::min(to * kPanel, all.O) - first, size = PlaceSize(precision);
  for (long p = 0; p < all.positions; p += size) {
    const float *const row = all.dy + p * all.O + first, *const next = p + 1 < all.positions ? row + all.O : nullptr;
    for (long c = 0; c < columns; c += kPanel) {
      float *const to = packed + c / kPanel * apart + p / size * kPanel;
      const long width = std::min(kPanel, columns - c);
      if (size == 1) CopyColumns(row + c, width, to);
      else PairColumns(row + c, next ? next + c : nullptr, width, to);
    }
  }
}

void AddSlopes(const Slopes &all, long from, long to, float *dbias) {
  const long first = from * kPanel, columns = std::min(to * kPanel, all.O) - first;
  float totals[kGroup * kPanel] = {};
  for (long p = 0; p < all.positions; p++) {
    const float *const row = all.dy + p * all.O + first;
    for (long c = 0; c < columns; c++) totals[c] += row[c];
  }
  for (long c = 0; c < columns; c++) dbias[first + c] += totals[c];
}

// What a band adds to a part, or makes of it if it is the first. The next band will read `next` slopes and `next_map`.
void AddBand(const Band &band, const TermTiles &tiles, const Part &part, const Slopes &dy, const Slopes &next,
             const Region &next_map, bool onto, Precision precision, float *sums, float *dbias) {
  const long O = dy.O, places = Places(precision, dy.positions);
  const long panels = std::min(kGroup, part.end_panel - part.first_panel);
  const long apart = TilesApart(places), panels_apart = PanelsApart(places);
  float *const slopes = Scratch(Slot::kGradient, panels * panels_apart);
  const long group = std::min(kGroupTiles, part.end_tile - part.first_tile);
  const bool packed = precision != Precision::kFloat32 || PackingPays(panels, tiles.apart);
  float *const terms = packed ? Scratch(Slot::kWeights, group * apart) : nullptr;
  for (long from = part.first_panel; from < part.end_panel; from += panels) {
    const long to = std::min(part.end_panel, from + panels);
    PackSlopes(dy, precision, from, to, slopes, panels_apart);
    if (dbias) AddSlopes(dy, from, to, dbias);
    const bool last = to == part.end_panel;
    const Slopes &then = last ? next : dy;
    const long column = (last ? part.first_panel : to) * kPanel;
    Ahead ahead({then.dy + column, then.positions, O, std::min(panels * kPanel, O - column)}, last ? next_map : Region{},
                (part.end_tile - part.first_tile) * (to - from) * Ceil(places, kAheadEach));
    for (long first = part.first_tile, end; first < part.end_tile; first = end) {
      const long tap = tiles.Tap(first);
      end = std::min({part.end_tile, first + group, (tap + 1) * tiles.each});
      const long begin = tiles.Begin(first), offset = tap * band.tap_row();
      const auto multiply = [&](long tile, long panel) {
        const long c = panel * kPanel, term = tap * tiles.run + tiles.Begin(tile);
        OuterTile(tiles.Terms(tile),
                  {band.rows(), offset + tiles.Begin(tile), terms ? terms + (tile - first) * apart : nullptr,
                   slopes + (panel - from) * panels_apart, places, sums + term * O + c, O, std::min(kPanel, O - c), onto,
                   precision, &ahead});
      };
      if (!terms) {
        for (long tile = first; tile < end; tile++) {
          for (long panel = from; panel < to; panel++) multiply(tile, panel);
        }
        continue;
      }
      const long count = tiles.Begin(end - 1) + tiles.Terms(end - 1) - begin;
      PackTerms(precision, band.rows(), offset + begin, count, dy.positions, terms, apart);
      for (long panel = from; panel < to; panel++) {
        for (long tile = first; tile < end; tile++) multiply(tile, panel);
      }
    }
  }
}

// How a gradient's terms and outputs are cut into at least `wanted` parts, where there is work for as many. Slopes are
// packed for each chunk of terms; so outputs are cut first, but as square as can be where terms are packed for each chunk
// of them.
std::vector<Part> PartsOf(const TermTiles &tiles, long panels, long wanted) {
  const double square = std::sqrt(static_cast<double>(tiles.count * kTileRows) * panels * kPanel / wanted);
  const long most = tiles.apart >= kFarApart && wanted > 1 ? std::lround(square / kPanel) : Ceil(panels, wanted);
  const Shares columns(panels, std::max(1L, most));
  const long cuts = std::min(Ceil(wanted, columns.shares), std::max(1L, tiles.count / kLeastTiles));
  const Shares rows(tiles.count, Ceil(tiles.count, cuts));
  std::vector<Part> parts;
  for (long row = 0; row < rows.shares; row++) {
    for (long column = 0; column < columns.shares; column++) {
      const Part part = {rows.Begin(row), rows.End(row), columns.Begin(column), columns.End(column)};
      if (part.first_tile < part.end_tile && part.first_panel < part.end_panel) parts.push_back(part);
    }
  }
  return parts;
}

}  // namespace

template <Activation A>
void DenseForward(const float *x, const float *w, const float *bias, const Window &d, long O, Precision precision,
                  float *before, float *y) {
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

void DenseFilterGradient(const float *dy, const float *x, const Window &d, long O, Precision precision, float *dw,
                         float *dbias) {
  if (WinogradServes(d, O, precision)) return WinogradFilterGradient(dy, x, d, O, dw, dbias);
  const Grid grid = ForwardGrid(x, d, Precision::kFloat32);  // rounded as it is packed
  const TermTiles tiles(grid);
  const long size = grid.terms() * O, positions = grid.lines() * grid.columns, panels = Ceil(O, kPanel);
  // Shares of the positions, each with sums of its own; where those would take much memory, parts of the filter instead.
  const long most = std::min(kTasks, std::max(1L, (4L << 20) / size));
  const Shares shares(grid.lines(), Ceil(grid.lines(), std::max(1L, std::min(most, positions / 1024))));
  // What is packed for each part anew grows with their number; no bit depends on it.
  const std::vector<Part> parts = PartsOf(tiles, panels, Ceil(4 * Threads(), shares.shares));
  const long each = static_cast<long>(parts.size());
  const bool whole = shares.shares == 1;
  const Buffer sums = NewBuffer(whole ? 0 : shares.shares * (size + O));
  Parallel(shares.shares * each, [&](long task) {
    const long share = task / each;
    const Part &part = parts[task % each];
    const long column = part.first_panel * kPanel, columns = std::min(O, part.end_panel * kPanel) - column;
    float *const own = whole ? dw : sums.get() + share * (size + O);
    float *const own_bias = !dbias || part.first_tile > 0 ? nullptr : whole ? dbias : own + size;
    if (own_bias) memset(own_bias + column, 0, columns * sizeof(float));
    const long step = std::max(1L, kPositions * PlaceSize(precision) / grid.columns);
    for (long first = shares.Begin(share); first < shares.End(share); first += step) {
      const long end = std::min(shares.End(share), first + step), after = std::min(shares.End(share), end + step);
      const auto slopes = [&](long from, long to) -> Slopes {
        return {dy + from * grid.columns * O, (to - from) * grid.columns, O};
      };
      const long term = tiles.Begin(part.first_tile), terms = tiles.Begin(part.end_tile - 1) + kTileRows - term;
      AddBand(Band(grid, first, end, false), tiles, part, slopes(first, end), slopes(end, after),
              MapOf(grid, end, after, term, std::min(terms, d.C - term)), first > shares.Begin(share), precision, own,
              own_bias);
    }
  });
  if (whole) return;
  const Shares pieces(size, 16384);
  Parallel(pieces.shares, [&](long piece) {
    const long begin = pieces.Begin(piece);
    SumRows(sums.get() + begin, shares.shares, size + O, pieces.End(piece) - begin, dw + begin);
  });
  if (dbias) SumRows(sums.get() + size, shares.shares, size + O, O, dbias);
}

#define ABLATE_INSTANTIATE(A)                                                                                          \
  template void DenseForward<A>(const float *, const float *, const float *, const Window &, long, Precision, float *, \
                                float *);
ABLATE_INSTANTIATE(Activation::kNone)
ABLATE_INSTANTIATE(Activation::kRelu)
ABLATE_INSTANTIATE(Activation::kGelu)

}  // namespace ablate
