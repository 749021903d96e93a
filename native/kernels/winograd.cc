#include "winograd.h"

#include <vector>

#include "panels.h"
#include "winograd-transform.h"

namespace ablate {
namespace {

constexpr long kComponents = 16;
constexpr long kPatchFloats = 6 * 1024;  // of a component of the patches that a task holds: all 16 stay in its core's cache
constexpr long kMostTiles = 96;          // that a task holds
constexpr long kGradientTiles = 96;
constexpr long kLeastChannels = 24;      // below, transforms cost what products save

// Floats from one component to the next: so far from a multiple of the nearest cache's reach that all 16 fit into it.
constexpr long Apart(long floats) { return floats + 16; }

// The outputs of a map, two by two, and the patches that they come from.
struct Tiling {
  const Window &d;
  long rows, columns;  // of tiles
  explicit Tiling(const Window &d) : d(d), rows(Ceil(d.OH, 2)), columns(Ceil(d.OW, 2)) {}
  long count() const { return d.N * rows * columns; }
};

struct Tile {
  long n, y, x;  // of its first output
  Tile(const Tiling &tiling, long index)
      : n(index / (tiling.rows * tiling.columns)),
        y(index / tiling.columns % tiling.rows * 2),
        x(index % tiling.columns * 2) {}
};

// The four outputs of a tile in `map` [N, OH, OW, O]; null where the map ends before them.
template <class Float>
void Outputs(const Tile &tile, const Window &d, long O, Float *map, Float *at[4]) {
  for (long i = 0; i < 4; i++) {
    const long y = tile.y + i / 2, x = tile.x + i % 2;
    at[i] = y < d.OH && x < d.OW ? map + ((tile.n * d.OH + y) * d.OW + x) * O : nullptr;
  }
}

// The patches of tiles [first, end) as [component][tile][C].
void TransformPatches(const Tiling &tiling, const float *x, const float *zeros, long first, long end, float *patches) {
  const Window &d = tiling.d;
  const long component = Apart((end - first) * d.C);
  for (long index = first; index < end; index++, patches += d.C) {
    const Tile tile(tiling, index);
    const float *at[kComponents];
    for (long i = 0; i < kComponents; i++) {
      const long y = tile.y - d.padding + i / 4, column = tile.x - d.padding + i % 4;
      const bool inside = y >= 0 && y < d.H && column >= 0 && column < d.W;
      at[i] = inside ? x + ((tile.n * d.H + y) * d.W + column) * d.C : zeros;
    }
    Vectors(d.C, [&](long c, auto width) ABLATE_INLINE_LAMBDA {
      Transform<OfPatch>([&](int i) ABLATE_INLINE_LAMBDA { return Load(at[i] + c, width); },
                         [&](int i, Vec v) ABLATE_INLINE_LAMBDA { Store(patches + i * component + c, v, width); });
    });
  }
}

// A filter [3, 3, C, O] as a convolution reads it: from C to O, or back.
struct Filter {
  const float *w;
  long C, O;
  bool back;
  long terms() const { return back ? O : C; }
  long columns() const { return back ? C : O; }

  // Terms [first, end) of a panel's columns, tap by tap.
  void Copy(long panel, long first, long end, float *to) const {
    const long column = panel * kPanel, width = std::min(kPanel, columns() - column);
    for (long tap = 0; tap < 9; tap++, to += (end - first) * kPanel) {
      if (!back) {
        for (long c = first; c < end; c++) CopyColumns(w + (tap * C + c) * O + column, width, to + (c - first) * kPanel);
        continue;
      }
      TransposeColumns(w + ((8 - tap) * C + column) * O + first, O, end - first, width, to);
    }
  }
};

// Panels of the filter's components: [component][terms] each.
Panels TransformFilter(const Filter &filter) {
  const long terms = filter.terms();
  Panels panels(kComponents, terms, filter.columns(), Precision::kFloat32);
  const Shares shares(terms, 32);
  Parallel(panels.count * shares.shares, [&](long task) {
    const long panel = task / shares.shares, first = shares.Begin(task % shares.shares);
    const long end = shares.End(task % shares.shares), tap = (end - first) * kPanel;
    float *const from = Scratch(Slot::kWeights, 9 * tap), *const to = panels.At(panel) + first * kPanel;
    filter.Copy(panel, first, end, from);
    for (long at = 0; at < tap; at += kWidth) {
      Transform<OfFilter>([&](int i) ABLATE_INLINE_LAMBDA { return Load(from + i * tap + at); },
                          [&](int i, Vec v) ABLATE_INLINE_LAMBDA { Store(to + i * terms * kPanel + at, v); });
    }
  });
  return panels;
}

Buffer Zeros(long count) {
  Buffer zeros = NewBuffer(count);
  memset(zeros.get(), 0, count * sizeof(float));
  return zeros;
}

// What a task multiplies: its patches by a panel of the filter, component by component, to [component][tile][kPanel].
class Products {
 public:
  Products(const float *patches, long tiles, long C)
      : tiles_(tiles), C_(C), terms_(C, kTerms), rows_(tiles), out_(tiles),
        apart_(Apart(tiles * C)), sums_apart_(Apart(tiles * kPanel)),
        sums_(Scratch(Slot::kSums, kComponents * sums_apart_)) {
    for (long tile = 0; tile < tiles; tile++) {
      rows_[tile] = patches + tile * C;
      out_[tile] = sums_ + tile * kPanel;
    }
  }

  const float *Of(const float *panel) const {
    const Shares shares(tiles_, kTileRows);
    for (long component = 0; component < kComponents; component++) {
      for (long block = 0; block < terms_.shares; block++) {
        const long first = terms_.Begin(block);
        const Run run = {component * apart_ + first, terms_.End(block) - first};
        for (long share = 0; share < shares.shares; share++) {
          const long begin = shares.Begin(share), rows = shares.End(share) - begin;
          RowsTile(static_cast<int>(rows),
                   {rows_.data() + begin, &run, 1, panel + (component * C_ + first) * kPanel, nullptr, block > 0,
                    out_.data() + begin, component * sums_apart_, kPanel});
        }
      }
    }
    return sums_;
  }

 private:
  long tiles_, C_;
  Shares terms_;
  std::vector<const float *> rows_;
  std::vector<float *> out_;
  long apart_, sums_apart_;
  float *sums_;
};

// A task's slopes as [component][panel][tile][kPanel], those of panels [from, to); adds to dbias.
void TransformSlopes(const Tiling &tiling, const float *dy, const float *zeros, long O, long first, long end, long from,
                     long to, float *slopes, float *dbias) {
  const long tiles = end - first, component = Apart((to - from) * tiles * kPanel);
  for (long index = first; index < end; index++) {
    const float *at[4];
    Outputs(Tile(tiling, index), tiling.d, O, dy, at);
    for (const float *&output : at) output = output ? output : zeros;
    for (long panel = from; panel < to; panel++) {
      float *const packed = slopes + ((panel - from) * tiles + index - first) * kPanel;
      for (long v = 0; v < kPanel; v += kWidth) {
        const long c = panel * kPanel + v;
        const auto transform = [&](auto width) ABLATE_INLINE_LAMBDA {
          Vec dys[4];
          Unroll<4>([&](auto i) ABLATE_INLINE_LAMBDA { dys[i] = Load(at[i] + c, width); });
          Transform<OfSlopes>([&](int i) ABLATE_INLINE_LAMBDA { return dys[i]; },
                              [&](int i, Vec slope) ABLATE_INLINE_LAMBDA { Store(packed + i * component + v, slope); });
          Store(dbias + c, Load(dbias + c, width) + (dys[0] + dys[1] + (dys[2] + dys[3])), width);
        };
        if (c + kWidth <= O) transform(Full{});
        else transform(static_cast<int>(std::max(0L, O - c)));
      }
    }
  }
}

struct Patches {
  const float *floats;  // [component][tile][C]
  long tiles, C;
};

// sums[component][panel][C][kPanel] = (what they were, if `onto`) + patches by slopes, component by component.
void AddProducts(const Patches &patches, const float *slopes, long panels, bool onto, float *sums) {
  const long positions = patches.tiles, C = patches.C;
  const long tiles = Ceil(C, kTileRows), apart = TilesApart(positions);
  float *const packed = PackingPays(panels, C) ? Scratch(Slot::kWeights, tiles * apart) : nullptr;
  std::vector<const float *> rows(positions);
  for (long component = 0; component < kComponents; component++) {
    for (long p = 0; p < positions; p++) rows[p] = patches.floats + component * Apart(positions * C) + p * C;
    if (packed) PackTerms(Precision::kFloat32, false, rows.data(), 0, C, positions, packed, apart);
    for (long panel = 0; panel < panels; panel++) {
      const float *const dys = slopes + component * Apart(panels * positions * kPanel) + panel * positions * kPanel;
      float *const to = sums + (component * panels + panel) * C * kPanel;
      for (long tile = 0; tile < tiles; tile++) {
        const long first = tile * kTileRows;
        OuterTile(static_cast<int>(std::min<long>(kTileRows, C - first)),
                  {rows.data(), first, packed ? packed + tile * apart : nullptr, dys, positions, to + first * kPanel,
                   kPanel, kPanel, onto});
      }
    }
  }
}

template <Activation A>
void Convolve(const float *x, const Filter &filter, const float *bias, const Window &d, float *before, float *y) {
  const Panels panels = TransformFilter(filter);
  const Tiling tiling(d);
  const long wanted = std::min(kMostTiles, std::max(4L * kTileRows, kPatchFloats / d.C));
  const Shares blocks(tiling.count(), wanted / kTileRows * kTileRows);
  const Shares chunks(panels.count, Ceil(panels.count, Ceil(kTasks, blocks.shares)));
  const Buffer zeros = Zeros(d.C);
  const long O = panels.columns;
  Parallel(blocks.shares * chunks.shares, [&](long task) {
    const long chunk = task % chunks.shares, first = blocks.Begin(task / chunks.shares);
    const long end = blocks.End(task / chunks.shares), tiles = end - first;
    float *const patches = Scratch(Slot::kInput, kComponents * Apart(tiles * d.C));
    TransformPatches(tiling, x, zeros.get(), first, end, patches);
    const Products products(patches, tiles, d.C);
    for (long panel = chunks.Begin(chunk); panel < chunks.End(chunk); panel++) {
      const float *const sums = products.Of(panels.At(panel));
      for (long index = 0; index < tiles; index++) {
        const Tile tile(tiling, first + index);
        float *at[4], *kept[4];
        Outputs(tile, d, O, y, at);
        if (A == Activation::kGelu) Outputs(tile, d, O, before, kept);
        Vectors(panels.Columns(panel), [&](long v, auto width) ABLATE_INLINE_LAMBDA {
          const long c = panel * kPanel + v;
          const Vec offset = bias ? Load(bias + c, width) : Vec{};
          const float *const from = sums + index * kPanel + v;
          Transform<ToOutputs>(
              [&](int i) ABLATE_INLINE_LAMBDA { return Load(from + i * Apart(tiles * kPanel)); },
              [&](int i, Vec value) ABLATE_INLINE_LAMBDA {
                if (!at[i]) return;
                if (A == Activation::kGelu) Store(kept[i] + c, value, width);
                Store(at[i] + c, Activate<A>(value + offset), width);
              });
        });
      }
    }
  });
}

}  // namespace

bool WinogradServes(const Window &d, long O, Precision precision) {
  const bool fits = d.kernel == 3 && d.stride == 1 && d.padding <= 2 && d.OH > 1 && d.OW > 1;
  const long products = Ceil(d.OH, 2) * Ceil(d.OW, 2) * kComponents, defined = 9 * d.OH * d.OW;
  return fits && std::min(d.C, O) >= kLeastChannels && Sections(precision) * defined > PlaceSize(precision) * products;
}

template <Activation A>
void WinogradForward(const float *x, const float *w, const float *bias, const Window &d, long O, float *before, float *y) {
  Convolve<A>(x, {w, d.C, O, false}, bias, d, before, y);
}

void WinogradInputGradient(const float *dy, const float *w, const Window &d, long O, float *dx) {
  const Window back{d.N, d.OH, d.OW, O, d.H, d.W, 3, 1, 2 - d.padding};
  Convolve<Activation::kNone>(dy, {w, d.C, O, true}, nullptr, back, nullptr, dx);
}

void WinogradFilterGradient(const float *dy, const float *x, const Window &d, long O, float *dw, float *dbias) {
  const Tiling tiling(d);
  const long panels = Ceil(O, kPanel), component = d.C * kPanel, size = kComponents * panels * component;
  // Parts of the tiles and chunks of the outputs, as in the gradient of other filters.
  const long most = std::min(kTasks, std::max(1L, (4L << 20) / size));
  const Shares parts(tiling.count(), Ceil(tiling.count(), std::max(1L, std::min(most, tiling.count() / 256))));
  const Shares chunks(panels, Ceil(panels, Ceil(kTasks / 2, parts.shares)));
  const Buffer zeros = Zeros(std::max(d.C, O)), sums = NewBuffer(parts.shares * (size + O));
  Parallel(parts.shares * chunks.shares, [&](long task) {
    const long part = task / chunks.shares, from = chunks.Begin(task % chunks.shares);
    const long count = chunks.End(task % chunks.shares) - from;
    float *const own = sums.get() + part * (size + O), *const own_bias = own + size;
    // [panels][component][C][kPanel] by chunks: those of one lie side by side.
    float *const chunk = own + from * kComponents * component;
    memset(own_bias + from * kPanel, 0, std::min(O - from * kPanel, count * kPanel) * sizeof(float));
    for (long first = parts.Begin(part); first < parts.End(part); first += kGradientTiles) {
      const long end = std::min(parts.End(part), first + kGradientTiles), tiles = end - first;
      float *const patches = Scratch(Slot::kInput, kComponents * Apart(tiles * d.C));
      float *const slopes = Scratch(Slot::kGradient, kComponents * Apart(count * tiles * kPanel));
      TransformPatches(tiling, x, zeros.get(), first, end, patches);
      TransformSlopes(tiling, dy, zeros.get(), O, first, end, from, from + count, slopes, own_bias);
      AddProducts({patches, tiles, d.C}, slopes, count, first > parts.Begin(part), chunk);
    }
  });
  const Shares shares(d.C, 16);
  Parallel(shares.shares * panels, [&](long task) {
    const long panel = task % panels, share = task / panels, from = chunks.Begin(panel / chunks.size);
    const long count = chunks.End(panel / chunks.size) - from;
    const float *const first = sums.get() + (from * kComponents + panel - from) * component;
    for (long c = shares.Begin(share); c < shares.End(share); c++) {
      Vectors(std::min(kPanel, O - panel * kPanel), [&](long v, auto width) ABLATE_INLINE_LAMBDA {
        Transform<ToFilter>(
            [&](int i) ABLATE_INLINE_LAMBDA {
              Vec sum = {};
              const float *at = first + i * count * component + c * kPanel + v;
              for (long part = 0; part < parts.shares; part++, at += size + O) sum += Load(at);
              return sum;
            },
            [&](int i, Vec value) ABLATE_INLINE_LAMBDA {
              Store(dw + (i * d.C + c) * O + panel * kPanel + v, value, width);
            });
      });
    }
  });
  if (dbias) SumRows(sums.get() + size, parts.shares, size + O, O, dbias);
}

#define ABLATE_INSTANTIATE(A)                                                                                    \
  template void WinogradForward<A>(const float *, const float *, const float *, const Window &, long, float *, \
                                   float *);
ABLATE_INSTANTIATE(Activation::kNone)
ABLATE_INSTANTIATE(Activation::kRelu)
ABLATE_INSTANTIATE(Activation::kGelu)

}  // namespace ablate
