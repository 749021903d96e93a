// The gradient of a dense convolution's filter: terms of a few positions times their slopes, for a tile of the filter that
// stays in registers over all of a band's positions.
#include <algorithm>
#include <cmath>
#include <vector>

#include "amx-filter.h"
#include "band.h"
#include "panels.h"
#include "profile.h"
#include "unroll.h"
#include "winograd.h"

namespace ablate {
namespace {

constexpr long kPositions = 192;          // that a filter's gradient sums at a time, in places
constexpr long kGroup = 16;               // panels of slopes that lie packed while it does
constexpr long kLeastTiles = 20;          // of terms, from which packing their slopes costs little
constexpr long kGroupTiles = 64;          // tiles of terms that lie packed with them

// Tiles of a filter's terms: those of a row of taps, then those of the next.
struct TermTiles {
  long in_place;  // terms that lie where a float would
  long run, each, count;
  long apart;  // floats from one position's terms to the next's, where they lie
  explicit TermTiles(const Grid &grid)
      : in_place(grid.places ? 2 : 1),
        run(grid.run() * in_place),
        each(Ceil(run, kTileRows)),
        count(grid.tap_rows * each),
        apart(grid.stride * grid.C) {}
  long Tap(long tile) const { return tile / each; }
  long Begin(long tile) const { return tile % each * kTileRows; }  // within the row of taps
  int Terms(long tile) const { return static_cast<int>(std::min<long>(kTileRows, run - Begin(tile))); }
};

// A part of the filter's gradient: of these tiles of terms and these panels of outputs.
struct Part {
  long first_tile, end_tile, first_panel, end_panel;
};

// Positions by outputs.
template <class T>
struct Slopes {
  const T *dy;
  long positions, O;
};

// Some slopes as panels [places of positions][kPanel], `apart` floats from one to the next.
template <class T>
void PackSlopes(const Slopes<T> &all, Precision precision, long from, long to, float *packed, long apart) {
  const Packing packing;
  const long first = from * kPanel, columns = std::min(to * kPanel, all.O) - first, size = PlaceSize(precision);
  for (long p = 0; p < all.positions; p += size) {
    const T *const row = all.dy + p * all.O + first, *const next = p + 1 < all.positions ? row + all.O : nullptr;
    for (long c = 0; c < columns; c += kPanel) {
      float *const to = packed + c / kPanel * apart + p / size * kPanel;
      const long width = std::min(kPanel, columns - c);
      if constexpr (std::is_same_v<T, float>) {
        if (size == 1) {
          CopyColumns(row + c, width, to);
          continue;
        }
      }
      PairColumns(row + c, next ? next + c : nullptr, width, to);
    }
  }
}

// Sums of slopes over positions: some columns at a time, in registers.
template <class T>
void AddSlopes(const Slopes<T> &all, long from, long to, float *dbias) {
  const long first = from * kPanel, columns = std::min(to * kPanel, all.O) - first;
  const auto add = [&](long c, auto count, auto width) ABLATE_INLINE_LAMBDA {
    Vec sums[count()] = {};
    for (long p = 0; p < all.positions; p++) {
      Unroll<count()>([&](auto i) ABLATE_INLINE_LAMBDA {
        sums[i] += Load(all.dy + p * all.O + first + c + i * kWidth, width);
      });
    }
    Unroll<count()>([&](auto i) ABLATE_INLINE_LAMBDA {
      float *const out = dbias + first + c + i * kWidth;
      Store(out, Load(out, width) + sums[i], width);
    });
  };
  constexpr long kTogether = 4;
  long c = 0;
  for (; c + kTogether * kWidth <= columns; c += kTogether * kWidth) {
    add(c, std::integral_constant<int, kTogether>{}, Full{});
  }
  Vectors(columns - c, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
    add(c + i, std::integral_constant<int, 1>{}, width);
  });
}

// What a band adds to a part, or makes of it if it is the first. The next band will read `next` slopes and `next_map`.
template <class T>
void AddBand(const Band &band, const TermTiles &tiles, const Part &part, const Slopes<T> &dy, const Slopes<T> &next,
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
    const Slopes<T> &then = last ? next : dy;
    const long column = (last ? part.first_panel : to) * kPanel;
    Ahead ahead(RegionOf(then.dy + column, then.positions, O, std::min(panels * kPanel, O - column)),
                last ? next_map : Region{},
                (part.end_tile - part.first_tile) * (to - from) * Ceil(places, kAheadEach));
    for (long first = part.first_tile, end; first < part.end_tile; first = end) {
      const long tap = tiles.Tap(first);
      end = std::min({part.end_tile, first + group, (tap + 1) * tiles.each});
      const long begin = tiles.Begin(first), offset = tap * band.tap_row() * tiles.in_place;
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
      PackTerms(precision, tiles.in_place > 1, band.rows(), offset + begin, count, dy.positions, terms, apart);
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
      parts.push_back({rows.Begin(row), rows.End(row), columns.Begin(column), columns.End(column)});
    }
  }
  return parts;
}

}  // namespace

template <class T>
void DenseFilterGradient(const T *dy, const T *x, const Window &d, long O, Precision precision, float *dw,
                         float *dbias) {
  if (d.N == 0) {
    memset(dw, 0, d.kernel * d.kernel * d.C * O * sizeof(float));
    if (dbias) memset(dbias, 0, O * sizeof(float));
    return;
  }
  if constexpr (std::is_same_v<T, float>) {
    if (WinogradServes(d, O, precision)) return WinogradFilterGradient(dy, x, d, O, dw, dbias);
  }
  const Multiplicand map(x, d.N * d.H * d.W, d.C);
#if defined(ABLATE_HAS_AMX)
  if (AmxServes(precision)) return AmxFilterGradient(dy, ForwardGrid(map, d, precision), d.C, O, dw, dbias);
#endif
  const Grid grid = ForwardGrid(map, d, Precision::kFloat32);  // what is floats is rounded as it is packed
  const TermTiles tiles(grid);
  const long size = grid.tap_rows * tiles.run * O, positions = grid.lines() * grid.columns, panels = Ceil(O, kPanel);
  // Shares of the positions, each with sums of its own; where those would take much memory, parts of the filter instead.
  const long most = std::min(kTasks, std::max(1L, (4L << 20) / size));
  const Shares shares(grid.lines(), Ceil(grid.lines(), std::max(1L, std::min(most, positions / 1024))));
  // What is packed for each part anew grows with their number: as few as leave something to share out. No bit depends on it.
  const std::vector<Part> parts = PartsOf(tiles, panels, Ceil(2 * Threads(), shares.shares));
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
      const auto slopes = [&](long from, long to) -> Slopes<T> {
        return {dy + from * grid.columns * O, (to - from) * grid.columns, O};
      };
      const long term = tiles.Begin(part.first_tile) / tiles.in_place;
      const long terms = Ceil(tiles.Begin(part.end_tile - 1) + kTileRows, tiles.in_place) - term;
      AddBand(Band(grid, first, end, false), tiles, part, slopes(first, end), slopes(end, after),
              MapOf(grid, end, after, term, std::min(terms, grid.C - term)), first > shares.Begin(share), precision, own,
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

template void DenseFilterGradient(const float *, const float *, const Window &, long, Precision, float *, float *);
template void DenseFilterGradient(const Bfloat16 *, const Bfloat16 *, const Window &, long, Precision, float *, float *);

}  // namespace ablate
