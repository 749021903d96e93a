#include "amx-steps.h"

#include <algorithm>
#include <cstring>

#include "pool.h"
#include "profile.h"
#include "shares.h"

namespace ablate {

Steps::Steps(const Grid &grid, long first, long end)
    : stride_(grid.stride),
      tap_rows_(grid.tap_rows),
      step_(grid.stride * grid.pixel()),
      line_(Ceil(grid.span(), grid.stride)),
      planes_(std::min(grid.stride, grid.tap_rows)) {
  const Packing packing;
  if (grid.alone()) Alone(grid, first, end);
  else Copied(grid, first, end);
}

long Steps::rows(const Segment &segment, long rest) const {
  return Ceil((segment.lines - 1) * stride_ + tap_rows_ - rest, stride_);
}

void Steps::Alone(const Grid &grid, long first, long end) {
  const long pixel = grid.pixel(), count = end - first, whole = Ceil(pixel, kAmxPlaces) * kAmxPlaces;
  const float *const at = grid.map + first * grid.C;
  const auto copy = [&](long begin, float *out) {
    for (long i = begin; i < count; i++, out += step_) {
      CopyPixels(grid, at + i * grid.C, 1, out);
      std::fill(out + pixel, out + whole, 0.0f);
    }
  };
  if (grid.rounds() || whole != pixel || Collide(pixel)) {
    step_ = whole + (Collide(whole) ? kLine : 0);
    float *const scratch = Scratch(Slot::kInput, (count + kAmxRows) * step_);
    copy(0, scratch);
    segments_ = {{scratch, first, count}};
    return;
  }
  segments_ = {{at, first, count}};
  tail_first_ = count / kAmxRows * kAmxRows;
  if (tail_first_ == count) return;
  float *const tail = Scratch(Slot::kInput, kAmxRows * step_);
  copy(tail_first_, tail);
  tail_ = tail;
}

void Steps::Copied(const Grid &grid, long first, long end) {
  const auto lines = [&](long line) { return std::min(grid.rows - line % grid.rows, end - line); };
  long most = 0, count = 0;
  for (long line = first; line < end; line += lines(line), count++) most = std::max(most, lines(line));
  const long span = grid.span() * grid.pixel(), row = line_ * step_;
  // Terms beyond a row of taps are multiplied by zero: after the last row they must be numbers as well.
  plane_ = rows({nullptr, first, most}, 0) * row + kAmxPlaces;
  float *copy = Scratch(Slot::kInput, count * planes_ * plane_ + (kAmxRows + line_ * tap_rows_) * step_);
  for (long line = first; line < end; copy += planes_ * plane_) {
    const Segment segment{copy, line, lines(line)};
    const float *const sample = grid.map + line / grid.rows * grid.H * grid.W * grid.C;
    const long top = line % grid.rows * stride_ - grid.top;
    for (long rest = 0; rest < planes_; rest++) {
      float *out = copy + rest * plane_;
      for (long r = 0; r < rows(segment, rest); r++, out += row) {
        CopyRow(grid, sample, top + r * stride_ + rest, out);
        std::fill(out + span, out + row, 0.0f);
      }
      std::fill_n(out, kAmxPlaces, 0.0f);
    }
    segments_.push_back(segment);
    line += segment.lines;
  }
}

Shares LineBlocks(const Grid &grid, long steps, long grain) {
  if (grid.columns == 1 && grid.rows == 1) return Shares(grid.lines(), std::max(grain, steps / grain * grain), grain);
  const long sample = grid.rows * grid.columns;
  if (sample > steps) {
    // Blocks that end where samples do have fewer rows at their edges to copy twice.
    const long most = std::max(1L, steps / grid.columns);
    long size = most;
    while (grid.rows % size) size--;
    if (2 * size < most) size = most;
    return Shares(grid.lines(), size, size);
  }
  return Shares(grid.lines(), steps / sample * grid.rows, grid.rows);
}

}  // namespace ablate
