#include "panels.h"

namespace ablate {

void TransposeColumns(const float *from, long row, long terms, long columns, float *to) {
  const Shares blocks(terms, 32);  // what is written of one stays in the nearest cache
  for (long block = 0; block < blocks.shares; block++) {
    for (long c = 0; c < kPanel; c++) {
      for (long term = blocks.Begin(block); term < blocks.End(block); term++) {
        to[term * kPanel + c] = c < columns ? from[c * row + term] : 0;
      }
    }
  }
}

Panels OutputPanels(const float *w, long terms, long O) {
  Panels panels(terms, O);
  const Shares shares(terms, 512);
  Parallel(panels.count * shares.shares, [&](long task) {
    const long panel = task / shares.shares, share = task % shares.shares;
    for (long term = shares.Begin(share); term < shares.End(share); term++) {
      CopyColumns(w + term * O + panel * kPanel, panels.Columns(panel), panels.At(panel) + term * kPanel);
    }
  });
  return panels;
}

Panels InputPanels(const float *w, const Window &d, long O, const Phase &y, const Phase &x) {
  Panels panels(y.taps * x.taps * O, d.C);
  Parallel(panels.count * y.taps * x.taps, [&](long task) {
    const long panel = task % panels.count, tap = task / panels.count, columns = panels.Columns(panel);
    const float *const from = w + ((y.tap[tap / x.taps] * d.kernel + x.tap[tap % x.taps]) * d.C + panel * kPanel) * O;
    TransposeColumns(from, O, O, columns, panels.At(panel) + tap * O * kPanel);
  });
  return panels;
}

}  // namespace ablate
