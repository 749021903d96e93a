// The kernels' own threads; TensorFlow's cannot be reached through its C ABI. What a task computes never depends on
// which thread ran it or on how many there are: work is cut up by its shape alone.
#ifndef ABLATE_KERNELS_POOL_H_
#define ABLATE_KERNELS_POOL_H_

#include <cstdlib>
#include <memory>

namespace ablate {

// How many threads work on one kernel, the caller's included. Waits for kernels under way.
void SetThreads(int count);
int Threads();

void RunTasks(long count, bool backwards, void (*task)(void *, long), void *argument);

// body(i) for i in [0, count), on the caller and on whatever threads are free; returns when all are done. May be called
// from several threads at once: one gets the pool, the others do their work alone. Tasks must not throw.
// Each thread begins with its own share of neighbours, the same for the same count.
template <class Body>
void Parallel(long count, const Body &body, bool backwards = false) {
  RunTasks(count, backwards, [](void *argument, long i) { (*static_cast<const Body *>(argument))(i); },
           const_cast<void *>(static_cast<const void *>(&body)));
}

struct Free {
  void operator()(float *p) const { free(p); }
};
using Buffer = std::unique_ptr<float[], Free>;

// Uninitialised floats, aligned to 64 bytes. Throws std::bad_alloc.
Buffer NewBuffer(size_t floats);

enum class Slot { kInput, kGradient, kWeights, kSums, kCount };

// The calling thread's scratch memory of at least so many floats; kept for the next task, so its content is whatever.
float *Scratch(Slot slot, size_t floats);

// Rows of C floats fall into chunks of at least 16,384 floats and into at most 128 of them.
struct Chunks {
  long rows, size, count;
  Chunks(long rows, long channels);
  long Begin(long chunk) const { return chunk * size; }
  long End(long chunk) const { return (chunk + 1) * size < rows ? (chunk + 1) * size : rows; }
};

// Sums `count` rows that lie `stride` apart into out[0..n), first to last.
void SumRows(const float *rows, long count, long stride, long n, float *out);

}  // namespace ablate

#endif
