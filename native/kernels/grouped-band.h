// What wide grouped convolutions read: a group's channels copied into a padded map of their own, in which a row of taps
// under an output is one run of floats; so is the next output's, a step further.
#ifndef ABLATE_KERNELS_GROUPED_BAND_H_
#define ABLATE_KERNELS_GROUPED_BAND_H_

#include <algorithm>

#include "element.h"
#include "shares.h"

namespace ablate::grouped {

constexpr long kBundleFloats = 128;
// Positions that are asked for before they are read or written.
constexpr long kAhead = 12;
// Vectors of a group's results side by side in a tile.
constexpr int kPanel = 2;

// A group's `to` channels of results in vectors, these in panels of one or two.
struct Panels {
  explicit Panels(long to) : to(to), vectors(Ceil(to, kWidth)), wide(vectors * kWidth) {}
  // body(channel, vectors as a constant, lanes of the last vector)
  template <class Body>
  void Each(const Body &body) const {
    for (long at = 0; at < to; at += kPanel * kWidth) {
      if (to - at > kWidth) {
        body(at, std::integral_constant<int, kPanel>{}, static_cast<int>(std::min<long>(to - at - kWidth, kWidth)));
      } else {
        body(at, std::integral_constant<int, 1>{}, static_cast<int>(to - at));
      }
    }
  }
  const long to, vectors, wide;
};

// A task is a few groups, whose channels together fill some cache lines of a position.
struct Bundles {
  Bundles(long from, long groups) : size(std::clamp(kBundleFloats / from, 1L, groups)), count(Ceil(groups, size)), groups_(groups) {}
  long Begin(long bundle) const { return bundle * size; }
  long End(long bundle) const { return std::min(groups_, (bundle + 1) * size); }
  const long size, count;

 private:
  const long groups_;
};

// Rows of one sample's map, one group's channels, with zeros around what is there.
struct Band {
  const float *data;
  long first;   // row of the map that is row 0 here; negative in the padding
  long left;    // columns of zeros before the map's first
  long pitch, pixel;
  const float *At(long row, long column) const { return data + (row - first) * pitch + (column + left) * pixel; }
};

ABLATE_INLINE void CopyChannels(const float *in, long count, float *out) {
  long c = 0;
  for (; c + kWidth <= count; c += kWidth) Store(out + c, Load(in + c));
  for (; c + 4 <= count; c += 4) memcpy(out + c, in + c, 4 * sizeof(float));
  for (; c < count; c++) out[c] = in[c];
}
ABLATE_INLINE void CopyChannels(const Bfloat16 *in, long count, float *out) {
  Vectors(count, [=](long c, auto width) ABLATE_INLINE_LAMBDA { Store(out + c, Load(in + c, width), width); });
}

// Where bands come from: the channels of neighbouring groups in one sample's map.
template <class T>
struct Source {
  const T *map;  // of the sample, at the first group's first channel
  long height, width, channels, from, groups;
  long left, right;
  long pitch() const { return (left + width + right) * from; }
  // Bands of rows [first, last), one group's after the other's.
  void Copy(long first, long last, float *out) const {
    const long row = pitch(), band = (last - first) * row;
    for (long g = 0; g < groups; g++) {
      for (long h = first; h < last; h++) {
        float *const line = out + g * band + (h - first) * row;
        const bool there = h >= 0 && h < height;
        std::fill_n(line, (there ? left : left + width) * from, 0.0f);
        std::fill_n(line + (left + width) * from, right * from, 0.0f);
      }
    }
    for (long h = std::max(0L, first); h < std::min(height, last); h++) {
      const T *in = map + h * width * channels;
      float *next = out + (h - first) * row + left * from;
      for (long w = 0; w < width; w++, in += channels, next += from) {
        // Positions lie too far apart for the processor to foresee.
        for (long c = 0; c < groups * from; c += 64 / sizeof(T)) __builtin_prefetch(in + kAhead * channels + c);
        for (long g = 0; g < groups; g++) CopyChannels(in + g * from, from, next + g * band);
      }
    }
  }
  Band Of(long group, long first, long last, const float *copied) const {
    return {copied + group * (last - first) * pitch(), first, left, pitch(), from};
  }
};

// Output rows that share a band of at most so many floats.
inline long BandRows(long floats, long pitch, long kernel, long step, long outputs) {
  return std::max(1L, std::min(outputs, (floats / pitch - kernel) / step + 1));
}

}  // namespace ablate::grouped

#endif
