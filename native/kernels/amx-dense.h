// Dense convolutions by AMX: every step of a map by a panel of weights, in tiles; see amx-steps.h.
#ifndef ABLATE_KERNELS_AMX_DENSE_H_
#define ABLATE_KERNELS_AMX_DENSE_H_

#include <vector>

#include "amx-product.h"
#include "amx-steps.h"
#include "panels.h"

#if defined(ABLATE_HAS_AMX)
namespace ablate {

// The outputs of two tiles of rows, or of one.
struct AmxRowsOfTiles {
  const float *rows[2];
  long count;  // outputs of them, those that are dropped in between included
  long first;  // of these in the list of offsets
};

// finish(offset, its sums, first column, end column) for each output and panel, whose offset is offset(line, column).
template <class Offset, class Finish>
void AmxConvolve(const Grid &grid, const Panels &panels, const float *bias, const Offset &offset, const Finish &finish) {
  constexpr long kMapFloats = 128 * 1024;  // that a block's steps read: they stay in its core's cache
  const long wanted = std::min(512L, std::max(2 * kAmxRows, kMapFloats / grid.pixel()));
  const Shares blocks = LineBlocks(grid, wanted, 2 * kAmxRows);
  const Shares chunks(panels.count, Ceil(panels.count, Ceil(kTasks, blocks.shares)));
  Parallel(blocks.shares * chunks.shares, [&](long task) {
    const AmxScope amx;
    const long chunk = task % chunks.shares;
    const Steps steps(grid, blocks.Begin(task / chunks.shares), blocks.End(task / chunks.shares));
    std::vector<long> runs(grid.tap_rows), offsets;
    for (long t = 0; t < grid.tap_rows; t++) runs[t] = steps.TapRow(t);
    std::vector<AmxRowsOfTiles> tiles;
    for (const Segment &segment : steps.segments()) {
      const long count = (segment.lines - 1) * steps.line() + grid.columns, first = static_cast<long>(offsets.size());
      for (long line = 0; line < segment.lines; line++) {
        for (long x = 0; x < steps.line(); x++) {
          offsets.push_back(x < grid.columns ? offset(segment.first + line, x) : -1);
        }
      }
      for (long step = 0; step < count; step += 2 * kAmxRows) {
        const long rest = count - step;
        tiles.push_back({{steps.At(segment, step), rest > kAmxRows ? steps.At(segment, step + kAmxRows) : nullptr},
                         std::min(2 * kAmxRows, rest),
                         first + step});
      }
    }
    alignas(64) float start[kPanel] = {}, sums[2 * kAmxRows * kPanel];
    for (long panel = chunks.Begin(chunk); panel < chunks.End(chunk); panel++) {
      const long columns = panels.Columns(panel), from = panel * kPanel;
      if (bias) CopyColumns(bias + from, columns, start);
      for (const AmxRowsOfTiles &tile : tiles) {
        const AmxRowsCall call{{tile.rows[0], tile.rows[1]}, steps.step(), runs.data(), grid.tap_rows, panels.row,
                               panels.At(panel),             start,        sums};
        if (tile.rows[1]) columns > kAmxPlaces ? AmxRows<2, 2>(call) : AmxRows<2, 1>(call);
        else columns > kAmxPlaces ? AmxRows<1, 2>(call) : AmxRows<1, 1>(call);
        for (long r = 0; r < tile.count; r++) {
          const long at = offsets[tile.first + r];  // negative: nobody's
          if (at >= 0) finish(at, sums + r * kPanel - from, from, from + columns);
        }
      }
    }
    Streamed::Finish();
  });
}

}  // namespace ablate
#endif
#endif
