// The weights of a dense convolution as its inner loops read them.
#ifndef ABLATE_KERNELS_PANELS_H_
#define ABLATE_KERNELS_PANELS_H_

#include "amx.h"
#include "phase.h"
#include "pool.h"
#include "product.h"
#include "shares.h"

namespace ablate {

constexpr long kTerms = 384;  // summed at a time: a panel of them stays in the nearest cache
constexpr long kTasks = 16;   // at least, where there is work for as many

// Panels of columns: [panels][terms][kPanel], zeros beyond the last column. Terms are places, those of a row of taps after
// those of the row before; AMX reads a row by sixteen places: then there are zeros beyond its last.
struct Panels {
  long run, row, terms, columns, count;  // run: places of a row of taps, row: the same with its zeros
  Buffer floats;
  Panels(long tap_rows, long run, long columns, Precision precision)
      : run(run),
        row(AmxServes(precision) ? Ceil(run, kAmxPlaces) * kAmxPlaces : run),
        terms(tap_rows * row),
        columns(columns),
        count(Ceil(columns, kPanel)),
        floats(NewBuffer(count * terms * kPanel)) {}
  float *At(long panel) const { return floats.get() + panel * terms * kPanel; }
  long Columns(long panel) const { return std::min(kPanel, columns - panel * kPanel); }
};

// body(first column, width) for the vectors that hold a panel's columns, and zeros for those that hold none.
template <class Body>
ABLATE_INLINE void PanelVectors(long columns, float *to, const Body &body) {
  for (long c = 0; c < kPanel; c += kWidth) {
    const long width = columns - c;
    if (width >= kWidth) Store(to + c, body(c, Full{}));
    else Store(to + c, width > 0 ? body(c, static_cast<int>(width)) : Vec{});
  }
}

// A panel's columns, zeros beyond `columns` of them.
ABLATE_INLINE void CopyColumns(const float *from, long columns, float *to) {
  PanelVectors(columns, to, [=](long c, auto width) ABLATE_INLINE_LAMBDA { return Load(from + c, width); });
}

// The same where a column's terms lie side by side, `row` floats from those of the next: [terms][kPanel].
void TransposeColumns(const float *from, long row, long terms, long columns, float *to);

// The same of pieces of two rows in one; the second may be missing.
template <class T>
ABLATE_INLINE void PairColumns(const T *first, const T *second, long columns, float *to, Piece piece = Piece::kNearest) {
  WithPiece(piece, [=](auto constant) ABLATE_INLINE_LAMBDA {
    PanelVectors(columns, to, [=](long c, auto width) ABLATE_INLINE_LAMBDA {
      const auto one = Before<decltype(constant)::value>(Factors(first + c, width));
      return Paired(one, second ? Before<decltype(constant)::value>(Factors(second + c, width)) : decltype(one){});
    });
  });
}

// Columns are the outputs of a filter [tap_rows, tap_columns, C, O].
Panels OutputPanels(const float *w, long tap_rows, long tap_columns, long C, long O, Precision precision);
// Columns are the inputs of a filter [k, k, C, O], terms the outputs of the taps of a phase.
Panels InputPanels(const float *w, const Window &d, long O, const Phase &y, const Phase &x, Precision precision);

}  // namespace ablate

#endif
