#include "amx-filter.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "amx-product.h"
#include "amx-steps.h"
#include "panels.h"
#include "pool.h"
#include "profile.h"

#if defined(ABLATE_HAS_AMX)
namespace ablate {
namespace {

constexpr long kSteps = 512;     // of a map, at least, that are summed while sums stay in tiles
constexpr long kTileSteps = 2 * kAmxPlaces;

// The terms of a filter fall into tiles of sixteen. Of whole tiles of channels a tap's are read where they lie after a step;
// else all taps of a row are laid out side by side, as one.
struct Terms {
  long stride, channels, merged_run;  // channels: of a position, in halves of places
  bool merged;
  long columns;  // tiles after each step
  long rows, taps;  // of the filter
  explicit Terms(const Grid &grid)
      : stride(grid.stride),
        channels(2 * grid.pixel()),
        merged_run(2 * grid.run()),
        merged(channels % kAmxPlaces != 0),
        columns(Ceil(merged ? merged_run : stride * channels, kAmxPlaces)),
        rows(grid.tap_rows),
        taps(grid.tap_columns) {}
  long halves() const { return merged ? merged_run : stride * channels; }
};

// Sixteen terms of a row of taps.
struct TermTile {
  long column;         // the tile after a step that they are read from
  long tap_row, ahead;  // steps from an output's own to theirs
  long first;          // term in the row of taps
};

// Those that are read from columns [from, to), which lie side by side in the list if they do after a step.
std::vector<TermTile> TilesOf(const Terms &terms, const Steps &steps, long from, long to) {
  std::vector<TermTile> tiles;
  for (long row = 0; row < terms.rows; row++) {
    if (terms.merged) {
      for (long column = from; column < to; column++) tiles.push_back({column, row, steps.Shift(row), column * kAmxPlaces});
      continue;
    }
    const long each = terms.channels / kAmxPlaces;
    for (long tap = 0; tap < terms.taps; tap++) {
      const long begin = tap % terms.stride * each;
      for (long column = std::max(from, begin); column < std::min(to, begin + each); column++) {
        tiles.push_back({column, row, steps.Shift(row) + tap / terms.stride,
                         tap * terms.channels + (column - begin) * kAmxPlaces});
      }
    }
  }
  return tiles;
}

// A part of the gradient: of these columns and these tiles of outputs.
struct Part {
  long from, to, first_output, end_output;
};

// What a block's steps are laid out as for a part.
class Block {
 public:
  // `shifts`: how far ahead of its own step an output's terms may begin.
  Block(const Steps &steps, const Terms &terms, const Part &part, long shifts, bool odd)
      : steps_(steps), terms_(terms), part_(part), parities_(odd ? 2 : 1) {
    for (const Segment &segment : steps.segments()) {
      const long count = (segment.lines - 1) * steps.line() + steps.line(), tiles = Ceil(count, kTileSteps);
      const long pairs = tiles * kAmxPlaces + Ceil(shifts, 2);
      for (long tile = 0; tile < tiles; tile++) at_.push_back((pairs_ + tile * kAmxPlaces) * kAmxPlaces);
      first_.push_back(pairs_);
      count_.push_back(pairs);
      pairs_ += pairs;
    }
    plane_ = (part.to - part.from) * Apart();
    map_ = Scratch(Slot::kWeights, steps.planes() * parities_ * plane_);
    slopes_ = Scratch(Slot::kGradient, (part.end_output - part.first_output) * tiles() * kAmxTile);
  }
  long tiles() const { return static_cast<long>(at_.size()); }
  const long *at() const { return at_.data(); }
  const float *Slopes(long output) const { return slopes_ + (output - part_.first_output) * tiles() * kAmxTile; }
  // The column that terms are read from, their steps ahead included.
  const float *Column(const TermTile &tile) const {
    const long plane = tile.tap_row % terms_.stride * parities_ + (parities_ > 1 ? tile.ahead % 2 : 0);
    return map_ + plane * plane_ + (tile.column - part_.from) * Apart() + tile.ahead / 2 * kAmxPlaces;
  }

  void PackMap() {
    const Packing packing;
    const long first = part_.from * kAmxPlaces, end = std::min(terms_.halves(), part_.to * kAmxPlaces);
    for (size_t s = 0; s < first_.size(); s++) {
      const Segment &segment = steps_.segments()[s];
      for (long rest = 0; rest < steps_.planes(); rest++) {
        const long there = steps_.rows(segment, rest) * steps_.line();
        for (long parity = 0; parity < parities_; parity++) {
          float *const to = map_ + (rest * parities_ + parity) * plane_ + first_[s] * kAmxPlaces;
          for (long pair = 0; pair < count_[s]; pair++) {
            const Bfloat16 *const one = Row(segment, rest, 2 * pair + parity, there);
            const Bfloat16 *const other = Row(segment, rest, 2 * pair + parity + 1, there);
            PackPair(one, other, first, end, to + pair * kAmxPlaces);
          }
        }
      }
    }
  }

  // `rows`: the slopes of each step, null where there are none.
  template <class T>
  void PackSlopes(const std::vector<const T *> &rows, long O, Piece piece) {
    const Packing packing;
    long at = 0;
    for (long tile = 0; tile < tiles(); tile++, at += kTileSteps) {
      for (long output = part_.first_output; output < part_.end_output; output++) {
        const long column = output * kAmxPlaces, width = std::min(kAmxPlaces, O - column);
        Vec places[kAmxPlaces];
        for (long pair = 0; pair < kAmxPlaces; pair++) {
          const T *const one = rows[at + 2 * pair], *const other = rows[at + 2 * pair + 1];
          const auto load = [&](const T *row) {
            if (!row) return decltype(Factors(row, Full{})){};
            return width == kAmxPlaces ? Factors(row + column, Full{}) : Factors(row + column, static_cast<int>(width));
          };
          WithPiece(piece, [&](auto constant) ABLATE_INLINE_LAMBDA {
            constexpr Piece kPiece = decltype(constant)::value;
            places[pair] = Paired(Before<kPiece>(load(one)), Before<kPiece>(load(other)));
          });
        }
        TransposeTile(places, const_cast<float *>(Slopes(output)) + tile * kAmxTile, kAmxPlaces);
      }
    }
  }

 private:
  long Apart() const { return (pairs_ | 1) * kAmxPlaces; }  // floats from one column to the next
  const Bfloat16 *Row(const Segment &segment, long rest, long step, long there) const {
    if (step >= there) return nullptr;
    return reinterpret_cast<const Bfloat16 *>(segment.at + rest * steps_.plane() + step * steps_.step());
  }
  void PackPair(const Bfloat16 *one, const Bfloat16 *other, long first, long end, float *to) const {
    for (long half = first; half < end; half += kAmxPlaces, to += Apart()) {
      const int width = static_cast<int>(std::min(kAmxPlaces, end - half));
      const auto load = [&](const Bfloat16 *row) ABLATE_INLINE_LAMBDA {
        if (!row) return Halves{};
        return width == kAmxPlaces ? LoadHalves(row + half, Full{}) : LoadHalves(row + half, width);
      };
      Store(to, Paired(load(one), load(other)));
    }
  }
  const Steps &steps_;
  const Terms &terms_;
  const Part &part_;
  long parities_, pairs_ = 0, plane_;
  std::vector<long> at_, first_, count_;
  float *map_, *slopes_;
};

// The slopes of each step, whole tiles of them a segment.
template <class T>
std::vector<const T *> SlopeRows(const Grid &grid, const Steps &steps, const T *dy, long O) {
  std::vector<const T *> rows;
  for (const Segment &segment : steps.segments()) {
    for (long line = segment.first; line < segment.first + segment.lines; line++) {
      for (long x = 0; x < steps.line(); x++) rows.push_back(x < grid.columns ? dy + (line * grid.columns + x) * O : nullptr);
    }
    rows.resize(Ceil(static_cast<long>(rows.size()), kTileSteps) * kTileSteps, nullptr);
  }
  return rows;
}

template <class T>
void AddSlopes(const std::vector<const T *> &rows, long from, long to, float *dbias) {
  for (const T *row : rows) {
    if (!row) continue;
    Vectors(to - from, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
      Store(dbias + from + i, Load(dbias + from + i, width) + Load(row + from + i, width), width);
    });
  }
}

// Where a tile's sums belong in dw [tap rows][tap columns][C][O].
struct Filter {
  const Terms &terms;
  long C, O;
  float *dw;
  // `sums`: [outputs][terms].
  void Store(const TermTile &tile, long output, const float *sums) const {
    alignas(64) float turned[kAmxTile];
    Vec rows[kAmxRows];
    for (long r = 0; r < kAmxRows; r++) rows[r] = Load(sums + r * kAmxPlaces);
    TransposeTile(rows, turned, kAmxPlaces);
    const long column = output * kAmxPlaces;
    const int width = static_cast<int>(std::min(kAmxPlaces, O - column));
    for (long term = 0; term < kAmxPlaces; term++) {
      const long at = tile.first + term, tap = at / terms.channels, c = at % terms.channels;
      if (tap >= terms.taps || c >= C) continue;
      float *const to = dw + (((tile.tap_row * terms.taps) + tap) * C + c) * O + column;
      if (width == kAmxPlaces) ablate::Store(to, Load(turned + term * kAmxPlaces));
      else ablate::Store(to, Load(turned + term * kAmxPlaces), width);
    }
  }
};

// Columns and outputs cut into about `wanted` parts, whose sides are as even as can be: what is laid out for each grows with them.
std::vector<Part> PartsOf(const Terms &terms, long outputs, long wanted) {
  long columns = 1, rows = 1;
  while (columns * rows < wanted) {
    const bool more_columns = !terms.merged && terms.columns / columns >= 4, more_rows = outputs / rows >= 4;
    if (!more_columns && !more_rows) break;
    if (more_columns && (!more_rows || terms.columns / columns >= outputs / rows)) columns *= 2;
    else rows *= 2;
  }
  const Shares across(terms.columns, Ceil(terms.columns, columns), 1), down(outputs, Ceil(outputs, rows), 1);
  std::vector<Part> parts;
  for (long r = 0; r < down.shares; r++) {
    for (long c = 0; c < across.shares; c++) parts.push_back({across.Begin(c), across.End(c), down.Begin(r), down.End(r)});
  }
  return parts;
}

}  // namespace

template <class T>
void AmxFilterGradient(const T *dy, Grid grid, long C, long O, float *dw, float *dbias) {
  const long sections = Sections(grid.precision);
  grid.precision = Precision::kBfloat16;  // of one piece at a time
  const Terms terms(grid);
  const long outputs = Ceil(O, kAmxPlaces), positions = grid.lines() * grid.columns;
  const long row_tiles = terms.merged ? terms.columns : terms.taps * (terms.channels / kAmxPlaces);
  const long tiles = terms.rows * row_tiles, size = tiles * outputs * kAmxTile;
  const Shares blocks = LineBlocks(grid, std::min(positions, kSteps), kTileSteps);
  // Shares of the blocks, each with sums of its own; where those would take much memory, parts of the filter instead.
  const long most = std::min({kTasks, std::max(1L, (4L << 20) / size), std::max(1L, positions / 1024)});
  const Shares shares(blocks.shares, Ceil(blocks.shares, most));
  const std::vector<Part> parts = PartsOf(terms, outputs, Ceil(2 * Threads(), shares.shares));
  const long each = static_cast<long>(parts.size());
  const bool whole = shares.shares == 1, once = whole && blocks.shares * sections == 1;
  const Buffer sums = NewBuffer(once ? 0 : shares.shares * size), biases = NewBuffer(dbias ? shares.shares * O : 0);
  const auto SumsOf = [&](long share, const TermTile &tile, long output) {
    const long row = tile.first / kAmxPlaces;
    return sums.get() + ((share * tiles + tile.tap_row * row_tiles + row) * outputs + output) * kAmxTile;
  };
  const Filter filter{terms, C, O, dw};
  Parallel(shares.shares * each, [&](long task) {
    const AmxScope amx;
    const long share = task / each;
    const Part &part = parts[task % each];
    float *const own_bias = dbias && part.from == 0 ? biases.get() + share * O : nullptr;
    const long from = part.first_output * kAmxPlaces, to = std::min(O, part.end_output * kAmxPlaces);
    if (own_bias) std::fill(own_bias + from, own_bias + to, 0.0f);
    alignas(64) float here[4][kAmxTile];
    // The blocks, each with every pair of pieces.
    for (long at = shares.Begin(share) * sections; at < shares.End(share) * sections; at++) {
      const long b = at / sections, section = at % sections;
      Grid read = grid;
      read.piece = kOnePieces[section];
      const Steps steps(read, blocks.Begin(b), blocks.End(b));
      const std::vector<TermTile> list = TilesOf(terms, steps, part.from, part.to);
      long shifts = 0;
      bool odd = false;
      for (const TermTile &tile : list) shifts = std::max(shifts, tile.ahead), odd = odd || tile.ahead % 2;
      Block block(steps, terms, part, shifts, odd);
      const std::vector<const T *> rows = SlopeRows(grid, steps, dy, O);
      block.PackMap();
      block.PackSlopes(rows, O, kOtherPieces[section]);
      if (own_bias && section == 0) AddSlopes(rows, from, to, own_bias);
      const bool onto = at > shares.Begin(share) * sections, last = at + 1 == shares.End(share) * sections;
      for (long output = part.first_output; output < part.end_output; output += 2) {
        const int R = output + 1 < part.end_output ? 2 : 1;
        for (size_t t = 0; t < list.size(); t += 2) {
          const int V = t + 1 < list.size() ? 2 : 1;
          AmxOuterCall call{{block.Slopes(output), R > 1 ? block.Slopes(output + 1) : nullptr},
                            {block.Column(list[t]), V > 1 ? block.Column(list[t + 1]) : nullptr},
                            block.at(), block.tiles(), {}, onto};
          for (int r = 0; r < R; r++) {
            for (int v = 0; v < V; v++) call.sums[r][v] = once ? here[2 * r + v] : SumsOf(share, list[t + v], output + r);
          }
          if (R > 1) V > 1 ? AmxOuter<2, 2>(call) : AmxOuter<2, 1>(call);
          else V > 1 ? AmxOuter<1, 2>(call) : AmxOuter<1, 1>(call);
          if (!whole || !last) continue;
          for (int r = 0; r < R; r++) {
            for (int v = 0; v < V; v++) filter.Store(list[t + v], output + r, call.sums[r][v]);
          }
        }
      }
    }
  });
  if (dbias) SumRows(biases.get(), shares.shares, O, O, dbias);
  if (whole) return;
  const Steps none(grid, 0, 1);
  const std::vector<TermTile> list = TilesOf(terms, none, 0, terms.columns);
  Parallel(static_cast<long>(list.size()), [&](long t) {
    for (long output = 0; output < outputs; output++) {
      alignas(64) float total[kAmxTile];
      SumRows(SumsOf(0, list[t], output), shares.shares, size, kAmxTile, total);
      filter.Store(list[t], output, total);
    }
  });
}

template void AmxFilterGradient(const float *, Grid, long, long, float *, float *);
template void AmxFilterGradient(const Bfloat16 *, Grid, long, long, float *, float *);

}  // namespace ablate
#endif
