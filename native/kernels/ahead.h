// What will be read soon, brought near a few lines at a time while the multipliers are busy: maps that fill no cache come
// from memory meanwhile, not after.
#ifndef ABLATE_KERNELS_AHEAD_H_
#define ABLATE_KERNELS_AHEAD_H_

#include "shares.h"
#include "vector.h"

namespace ablate {

// `rows` rows of `columns` floats, `apart` from one to the next.
struct Region {
  const float *at;
  long rows, apart, columns;
  long lines() const { return columns > 0 ? rows * Ceil(columns, kLine) : 0; }
};

// Of any elements: the floats' worth of them.
template <class T>
Region RegionOf(const T *at, long rows, long apart, long columns) {
  constexpr long kEach = sizeof(float) / sizeof(T);
  return {reinterpret_cast<const float *>(at), rows, apart / kEach, Ceil(columns, kEach)};
}

class Ahead {
 public:
  // One region and then the other, in `times` equal portions.
  Ahead(const Region &first, const Region &then, long times)
      : regions_{first, then}, left_(first.lines() + then.lines()), portion_(Ceil(left_, times)) {}
  bool done() const { return left_ == 0; }

  // The next portion.
  ABLATE_INLINE void Bring() {
    for (long end = std::max(0L, left_ - portion_); left_ > end; left_--) {
      while (regions_[now_].lines() == 0) now_++;
      Region &region = regions_[now_];
      __builtin_prefetch(region.at + column_, 0, 2);
      column_ += kLine;
      if (column_ < region.columns) continue;
      column_ = 0;
      region.at += region.apart;
      region.rows--;
    }
  }

 private:
  Region regions_[2];
  long left_, portion_, column_ = 0;
  int now_ = 0;
};

}  // namespace ablate

#endif
