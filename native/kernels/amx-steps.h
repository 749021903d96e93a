// What products by AMX read of a map. A tile's rows must lie evenly, so outputs are counted in steps of `stride` positions:
// of a line of outputs there are as many as a padded row of the map has, and what comes of those beyond its last output is
// dropped. The rows of the map lie by their number's rest in `stride`, so that the next line is the next row there.
#ifndef ABLATE_KERNELS_AMX_STEPS_H_
#define ABLATE_KERNELS_AMX_STEPS_H_

#include <vector>

#include "amx.h"
#include "band.h"

namespace ablate {

// Lines of one sample.
struct Segment {
  const float *at;  // the first step's first tap
  long first, lines;
};

// The steps of lines [first, end). What does not lie as it is read is copied, with its zeros, into the calling thread's
// scratch memory, and stays there until the next Steps.
class Steps {
 public:
  Steps(const Grid &grid, long first, long end);
  const std::vector<Segment> &segments() const { return segments_; }
  long step() const { return step_; }  // places from one to the next
  long line() const { return line_; }  // steps of a line
  long planes() const { return planes_; }
  long plane() const { return plane_; }                              // places from one rest's rows to the next's
  long rows(const Segment &segment, long rest) const;                // of the map, that were copied of it
  long Shift(long tap_row) const { return tap_row / stride_ * line_; }  // steps from a line to what a row of taps reads
  long TapRow(long tap_row) const { return tap_row % stride_ * plane_ + Shift(tap_row) * step_; }
  // Where rows of a tile begin that starts with this step of a segment: all kAmxRows of them can be read.
  const float *At(const Segment &segment, long step) const {
    return tail_ && step >= tail_first_ ? tail_ + (step - tail_first_) * step_ : segment.at + step * step_;
  }

 private:
  void Alone(const Grid &grid, long first, long end);
  void Copied(const Grid &grid, long first, long end);
  std::vector<Segment> segments_;
  long stride_, tap_rows_, step_, line_, planes_, plane_ = 0;
  const float *tail_ = nullptr;
  long tail_first_ = 0;
};

// How lines fall into blocks of about `steps` outputs: of whole samples, if they are small.
Shares LineBlocks(const Grid &grid, long steps, long grain);

}  // namespace ablate

#endif
