// A place holds a term at two neighbouring positions. Outputs are taken in pairs; for a tap that begins an odd number of
// positions after an output's own, the row lies packed a second time, paired the other way.
#include "tap-filter.h"

#include <algorithm>
#include <vector>

#include "filter-parts.h"

namespace ablate {
namespace {

constexpr Precision kPrecision = Precision::kBfloat16;
constexpr long kPlaces = 192;               // of slopes, summed at a time
constexpr long kPackedFloats = 128 * 1024;  // of terms, that stay in a core's cache
constexpr long kOddWidth = 25;              // from which half a pair a line costs little
constexpr long kFewestTiles = 4;            // of terms, from which packing their slopes costs little

// A tap's terms, tile by tile: as even as can be, for a low tile multiplies slowly.
Shares ChannelTiles(const Window &d) { return Shares(d.C, kTileRows); }

// Some lines of outputs and the rows of the map that their taps read, sample by sample.
class Rows {
 public:
  Rows(const Bfloat16 *x, const Window &d, long height, long first, long end)
      : pairs_(Ceil(d.OW, 2)), height_(height), places_(pairs_ + (d.kernel - 1) / 2), zeros_(d.C) {
    for (long line = first; line < end;) {
      const long sample = line / d.OH, top = line % d.OH, bottom = std::min(d.OH, top + end - line);
      for (long y = top; y < bottom; y++) starts_.push_back((count() + y - top) * row());
      for (long y = top - d.padding; y < bottom - 1 - d.padding + d.kernel; y++) {
        const bool inside = y >= 0 && y < d.H;
        maps_.push_back(inside ? x + (sample * d.H + y) * d.W * d.C : nullptr);
      }
      line += bottom - top;
    }
  }
  long pairs() const { return pairs_; }  // of a line's outputs
  const std::vector<long> &starts() const { return starts_; }
  // Floats that a tile takes, and of those where what a tap reads begins, for the first line; then `starts` on for each.
  long tile() const { return TilesApart(2 * count() * places_); }
  long At(long tap_row, long tap_column, int terms) const {
    return (tap_column % 2 * count() + tap_row) * row() + tap_column / 2 * terms;
  }

  void Pack(const Window &d, long term, long terms, float *packed) const {
    const long positions = 2 * places_;
    const auto *const zeros = reinterpret_cast<const float *>(zeros_.data());
    std::vector<const float *> at(positions);
    for (long parity = 0; parity < 2; parity++) {
      for (long line = 0; line < count(); line++) {
        for (long i = 0; i < positions; i++) {
          const long column = i + parity - d.padding;
          const bool inside = maps_[line] && column >= 0 && column < d.W;
          at[i] = inside ? reinterpret_cast<const float *>(maps_[line] + column * d.C) : zeros;
        }
        PackTerms(kPrecision, true, at.data(), term, terms, positions, packed + (parity * count() + line) * row(), tile(),
                  height_);
      }
    }
  }

 private:
  long count() const { return static_cast<long>(maps_.size()); }
  long row() const { return places_ * height_; }  // floats of a row in a whole tile
  long pairs_, height_, places_;
  std::vector<long> starts_;
  std::vector<const Bfloat16 *> maps_;
  std::vector<Bfloat16> zeros_;
};

// The slopes of lines [first, end) as panels whose lines begin with a pair.
void PackLines(const Bfloat16 *dy, const Window &d, long O, long first, long end, long from, long to, float *packed,
               long apart) {
  if (d.OW % 2 == 0) {
    PackSlopes(Slopes<Bfloat16>{dy + first * d.OW * O, (end - first) * d.OW, O}, kPrecision, from, to, packed, apart);
    return;
  }
  for (long line = first; line < end; line++) {
    PackSlopes(Slopes<Bfloat16>{dy + line * d.OW * O, d.OW, O}, kPrecision, from, to,
               packed + (line - first) * Ceil(d.OW, 2) * kPanel, apart);
  }
}

// What lines [first, end) add to a part, or make of it if they are the first; then `next` slopes and `next_map` will be read.
void AddLines(const Bfloat16 *dy, const Bfloat16 *x, const Window &d, long O, const Part &part, long first, long end,
              const Region &next, const Region &next_map, bool onto, float *sums, float *dbias) {
  const long height = ChannelTiles(d).size;
  const Rows rows(x, d, height, first, end);
  const long places = (end - first) * rows.pairs(), panels_apart = PanelsApart(places);
  const long group = std::max(1L, std::min(part.end_tile - part.first_tile, kPackedFloats / rows.tile()));
  const long taps = d.kernel * d.kernel;
  for (long from = part.first_panel, to; from < part.end_panel; from = to) {
    to = std::min(part.end_panel, from + kGroup);
    float *const slopes = Scratch(Slot::kGradient, (to - from) * panels_apart);
    PackLines(dy, d, O, first, end, from, to, slopes, panels_apart);
    if (dbias) AddSlopes(Slopes<Bfloat16>{dy + first * d.OW * O, (end - first) * d.OW, O}, from, to, dbias);
    const bool last = to == part.end_panel;
    Ahead ahead(last ? next : Region{}, last ? next_map : Region{},
                (part.end_tile - part.first_tile) * taps * (to - from) * (end - first) * Ceil(rows.pairs(), kAheadEach));
    for (long begin = part.first_tile; begin < part.end_tile; begin += group) {
      const long until = std::min(part.end_tile, begin + group), term = begin * height;
      float *const packed = Scratch(Slot::kWeights, group * rows.tile());
      rows.Pack(d, term, std::min(d.C, until * height) - term, packed);
      for (long panel = from; panel < to; panel++) {
        const long c = panel * kPanel;
        for (long tile = begin; tile < until; tile++) {
          const int terms = static_cast<int>(std::min(height, d.C - tile * height));
          for (long tap = 0; tap < taps; tap++) {
            OuterCall call{nullptr, 0, packed + (tile - begin) * rows.tile() + rows.At(tap / d.kernel, tap % d.kernel, terms),
                           slopes + (panel - from) * panels_apart, rows.pairs(),
                           sums + (tap * d.C + tile * height) * O + c, O, std::min(kPanel, O - c), onto, kPrecision, &ahead};
            call.starts = rows.starts().data();
            call.stretches = end - first;
            OuterTile(terms, call);
          }
        }
      }
    }
  }
}

// Tiles are cut first: terms are packed for each cut of the panels anew, twice, and slopes for each of the tiles, once.
std::vector<Part> TapParts(long tiles, long panels, long wanted) {
  const Shares rows(tiles, Ceil(tiles, std::min(wanted, std::max(1L, tiles / kFewestTiles))));
  return PartsOf(rows, Shares(panels, Ceil(panels, Ceil(wanted, rows.shares))));
}

}  // namespace

bool TapFilterServes(const Window &d, Precision precision) {
  const bool paired = d.OW % 2 == 0 || d.OW >= kOddWidth;
  return precision == kPrecision && !AmxServes(precision) && d.kernel > 1 && d.stride == 1 && d.C % 2 == 0 && paired;
}

void TapFilterGradient(const Bfloat16 *dy, const Bfloat16 *x, const Window &d, long O, float *dw, float *dbias) {
  const long lines = d.N * d.OH;
  const Shares tiles = ChannelTiles(d);
  const FilterShares shares(lines, d.OW, d.kernel * d.kernel * d.C * O, O, dw, dbias);
  const std::vector<Part> parts = TapParts(tiles.shares, Ceil(O, kPanel), Ceil(2 * Threads(), shares.count()));
  const long each = static_cast<long>(parts.size()), step = std::max(1L, kPlaces / Ceil(d.OW, 2));
  Parallel(shares.count() * each, [&](long task) {
    const long share = task / each;
    const Part &part = parts[task % each];
    float *const own = shares.Filter(share), *const own_bias = shares.FreshBias(share, part);
    for (long first = shares.Begin(share); first < shares.End(share); first += step) {
      const long end = std::min(shares.End(share), first + step), after = std::min(shares.End(share), end + step);
      const long column = part.first_panel * kPanel, term = tiles.Begin(part.first_tile);
      const Region next = RegionOf(dy + end * d.OW * O + column, (after - end) * d.OW, O,
                                   std::min(O, part.end_panel * kPanel) - column);
      const Region next_map = RegionOf(x + end * d.W * d.C + term, d.OH == d.H ? (after - end) * d.W : 0, d.C,
                                       tiles.End(part.end_tile - 1) - term);
      AddLines(dy, x, d, O, part, first, end, next, next_map, first > shares.Begin(share), own, own_bias);
    }
  });
  shares.Join();
}

}  // namespace ablate
