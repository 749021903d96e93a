// The gradient of a dense convolution's filter: terms of a few positions times their slopes, for a tile of the filter that
// stays in registers over all of a band's positions.
#include <algorithm>
#include <cmath>
#include <vector>

#include "amx-filter.h"
#include "band.h"
#include "filter-parts.h"
#include "tap-filter.h"
#include "winograd.h"

namespace ablate {
namespace {

constexpr long kPositions = 192;          // that a filter's gradient sums at a time, in places
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

// What a band adds to a part, or makes of it if it is the first. The next band will read `next` slopes and `next_map`.
template <class T>
void AddBand(const Band &band, const TermTiles &tiles, const Part &part, const Slopes<T> &dy, const Slopes<T> &next,
             const Region &next_map, bool onto, Precision precision, float *sums, float *dbias) {
  const long O = dy.O, places = Places(precision, dy.positions), sections = Sections(precision);
  const long panels = std::min(kGroup, part.end_panel - part.first_panel);
  // Of a tile both pieces lie packed, one after the other.
  const long pieces[kMostSections] = {0, 0, places * kTileRows};
  const long apart = TilesApart(sections > 1 ? 2 * places : places), panels_apart = PanelsApart(sections * places);
  float *const slopes = Scratch(Slot::kGradient, panels * panels_apart);
  const long group = std::min(kGroupTiles, part.end_tile - part.first_tile);
  const bool packed = precision != Precision::kFloat32 || PackingPays(panels, tiles.apart);
  float *const terms = packed ? Scratch(Slot::kWeights, group * apart) : nullptr;
  for (long from = part.first_panel; from < part.end_panel; from += panels) {
    const long to = std::min(part.end_panel, from + panels);
    for (long s = 0; s < sections; s++) {
      PackSlopes(dy, precision, from, to, slopes + s * places * kPanel, panels_apart, kOtherPieces[s]);
    }
    if (dbias) AddSlopes(dy, from, to, dbias);
    const bool last = to == part.end_panel;
    const Slopes<T> &then = last ? next : dy;
    const long column = (last ? part.first_panel : to) * kPanel;
    Ahead ahead(RegionOf(then.dy + column, then.positions, O, std::min(panels * kPanel, O - column)),
                last ? next_map : Region{},
                (part.end_tile - part.first_tile) * (to - from) * sections * Ceil(places, kAheadEach));
    for (long first = part.first_tile, end; first < part.end_tile; first = end) {
      const long tap = tiles.Tap(first);
      end = std::min({part.end_tile, first + group, (tap + 1) * tiles.each});
      const long begin = tiles.Begin(first), offset = tap * band.tap_row() * tiles.in_place;
      const auto multiply = [&](long tile, long panel) {
        const long c = panel * kPanel, term = tap * tiles.run + tiles.Begin(tile);
        OuterTile(tiles.Terms(tile),
                  {band.rows(), offset + tiles.Begin(tile), terms ? terms + (tile - first) * apart : nullptr,
                   slopes + (panel - from) * panels_apart, places, sums + term * O + c, O, std::min(kPanel, O - c), onto,
                   precision, &ahead, terms ? pieces : nullptr, sections});
      };
      if (!terms) {
        for (long tile = first; tile < end; tile++) {
          for (long panel = from; panel < to; panel++) multiply(tile, panel);
        }
        continue;
      }
      const long count = tiles.Begin(end - 1) + tiles.Terms(end - 1) - begin;
      const auto pack = [&](float *to, Piece piece) {
        PackTerms(precision, tiles.in_place > 1, band.rows(), offset + begin, count, dy.positions, to, apart, kTileRows, piece);
      };
      pack(terms, Piece::kNearest);
      if (sections > 1) pack(terms + pieces[2], Piece::kRest);
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
  return PartsOf(rows, columns);
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
  if constexpr (std::is_same_v<T, Bfloat16>) {
    if (TapFilterServes(d, precision)) return TapFilterGradient(dy, x, d, O, dw, dbias);
  }
  const Grid grid = ForwardGrid(map, d, Precision::kFloat32);  // what is floats is rounded as it is packed
  const TermTiles tiles(grid);
  const FilterShares shares(grid.lines(), grid.columns, grid.tap_rows * tiles.run * O, O, dw, dbias);
  // What is packed for each part anew grows with their number: as few as leave something to share out. No bit depends on it.
  const std::vector<Part> parts = PartsOf(tiles, Ceil(O, kPanel), Ceil(2 * Threads(), shares.count()));
  const long each = static_cast<long>(parts.size());
  Parallel(shares.count() * each, [&](long task) {
    const long share = task / each;
    const Part &part = parts[task % each];
    float *const own = shares.Filter(share), *const own_bias = shares.FreshBias(share, part);
    const long step = std::max(1L, kPositions * PlaceSize(precision) / Sections(precision) / grid.columns);
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
  shares.Join();
}

template void DenseFilterGradient(const float *, const float *, const Window &, long, Precision, float *, float *);
template void DenseFilterGradient(const Bfloat16 *, const Bfloat16 *, const Window &, long, Precision, float *, float *);

}  // namespace ablate
