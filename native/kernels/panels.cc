#include "panels.h"

#include "amx-product.h"
#include "profile.h"

namespace ablate {

void TransposeColumns(const float *from, long row, long terms, long columns, float *to) {
  const Shares blocks(terms, 16, 4);  // a cache line of each row, and what is written of it stays in the nearest cache
  for (long block = 0; block < blocks.shares; block++) {
    const long begin = blocks.Begin(block), end = blocks.End(block);
    for (long c = 0; c < kPanel; c += 4) {
      long term = begin;
      if (c + 4 <= columns) {
        const float *const four = from + c * row;
        for (; term + 4 <= end; term += 4) {
          const float *const at = four + term;
          TransposeBlock({at, at + row, at + 2 * row, at + 3 * row}, to + term * kPanel + c, kPanel);
        }
      }
      for (; term < end; term++) {
        for (long i = c; i < c + 4; i++) to[term * kPanel + i] = i < columns ? from[i * row + term] : 0;
      }
    }
  }
}

Panels OutputPanels(const float *w, long tap_rows, long tap_columns, long C, long O, Precision precision) {
  const long size = PlaceSize(precision), section = Places(precision, C), pixel = Sections(precision) * section;
  Panels panels(tap_rows, tap_columns * pixel, O, precision);
  // Rows of the filter are read from end to end, a few at a time: what is asked of memory then lies side by side.
  const Shares shares(panels.terms, 16);
  Parallel(shares.shares, [&](long share) {
    const Packing packing;
    for (long panel = 0; panel < panels.count; panel++) {
      const long columns = panels.Columns(panel);
      for (long term = shares.Begin(share); term < shares.End(share); term++) {
        const long at = term % panels.row, tap = term / panels.row * tap_columns + at / pixel, c = at % section * size;
        const float *const row = w + (tap * C + c) * O + panel * kPanel;
        float *const to = panels.At(panel) + term * kPanel;
        if (at >= panels.run) std::fill_n(to, kPanel, 0.0f);
        else if (size == 1) CopyColumns(row, columns, to);
        else PairColumns(row, c + 1 < C ? row + O : nullptr, columns, to, kOtherPieces[at % pixel / section]);
      }
    }
  });
  return panels;
}

namespace {

// The outputs of one tap and of a panel's inputs: `columns` rows of O floats as [pixel][kPanel].
void PackInputs(const float *from, long O, long columns, Precision precision, float *to) {
  const long section = Places(precision, O), pixel = Sections(precision) * section;
#if defined(ABLATE_HAS_AMX)
  if (precision == Precision::kBfloat16 && AmxServes(precision) && O % 32 == 0 && columns == kPanel) {
    for (long c = 0; c < kPanel; c += kAmxRows) {
      for (long place = 0; place < pixel; place += kAmxPlaces) {
        Vec rows[kAmxRows];
        for (long r = 0; r < kAmxRows; r++) {
          const float *const at = from + (c + r) * O + 2 * place;
          rows[r] = RoundedBoth(Load(at), Load(at + kWidth));
        }
        TransposeTile(rows, to + place * kPanel + c, kPanel);
      }
    }
    return;
  }
#endif
  if (precision != Precision::kFloat32) {
    float *const rounded = Scratch(Slot::kWeights, columns * pixel);
    for (long c = 0; c < columns; c++) {
      for (long s = 0; s < Sections(precision); s++) {
        PairNeighbours(from + c * O, O, rounded + c * pixel + s * section, kOtherPieces[s]);
      }
    }
    from = rounded;
  }
  TransposeColumns(from, pixel, pixel, columns, to);
}

}  // namespace

Panels InputPanels(const float *w, const Window &d, long O, const Phase &y, const Phase &x, Precision precision) {
  const long pixel = Sections(precision) * Places(precision, O);
  Panels panels(y.taps, x.taps * pixel, d.C, precision);
  Parallel(panels.count * y.taps * x.taps, [&](long task) {
    const Packing packing;
    const long panel = task % panels.count, tap = task / panels.count;
    const long row = tap / x.taps, column = tap % x.taps;
    const float *const from = w + ((y.tap[row] * d.kernel + x.tap[column]) * d.C + panel * kPanel) * O;
    float *const to = panels.At(panel) + row * panels.row * kPanel;
    PackInputs(from, O, panels.Columns(panel), precision, to + column * pixel * kPanel);
    if (column == 0) std::fill_n(to + panels.run * kPanel, (panels.row - panels.run) * kPanel, 0.0f);
  });
  return panels;
}

}  // namespace ablate
