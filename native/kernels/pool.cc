#include "pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "shares.h"
#include "element.h"

namespace ablate {
namespace {

// About a third of a millisecond to one: kernels of a compiled step follow each other sooner, and on a virtual machine a
// thread that has fallen asleep is late when it is woken.
constexpr int kSpins = 20000;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A thread's share of a job's tasks: neighbours, the same ones in every job of as many. What it writes in one kernel it
// finds in its own caches in the next: on CPUs of different chips that saves most. Who is done helps the others.
struct alignas(64) Share {
  std::atomic<long> taken{0};
  long begin = 0, end = 0;
};

struct Job {
  void (*task)(void *, long);
  void *argument;
  long count;
  bool backwards;
  void Work(Share &share) {
    const long size = share.end - share.begin;
    for (long i; (i = share.taken.fetch_add(1, std::memory_order_relaxed)) < size;) {
      task(argument, backwards ? share.end - 1 - i : share.begin + i);
    }
  }
  void WorkAlone() {
    for (long i = 0; i < count; i++) task(argument, backwards ? count - 1 - i : i);
  }
};

class Pool {
 public:
  Pool() { Start(static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))); }

  void Resize(int count) {
    std::lock_guard<std::mutex> alone(owner_);
    if (count == threads_) return;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      generation_++;
    }
    wake_.notify_all();
    for (std::thread &worker : workers_) worker.join();
    workers_.clear();
    stopping_ = false;
    Start(count);
  }

  int threads() const { return threads_; }

  void Run(Job job) {
    std::unique_lock<std::mutex> mine(owner_, std::defer_lock);
    if (job.count <= 1 || threads_ == 1 || !mine.try_lock()) return job.WorkAlone();
    const Shares cut(job.count, Ceil(job.count, threads_));
    for (int i = 0; i < threads_; i++) {
      shares_[i].begin = cut.Begin(i);
      shares_[i].end = cut.End(i);
      shares_[i].taken.store(0, std::memory_order_relaxed);
    }
    bool asleep;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = &job;
      generation_++;
      asleep = sleeping_ > 0;
    }
    if (asleep) wake_.notify_all();
    Work(job, 0);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = nullptr;  // Who comes late finds nothing.
    }
    for (int i = 0; i < kSpins && inside_.load(std::memory_order_acquire) > 0; i++) Pause();
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return inside_.load(std::memory_order_relaxed) == 0; });
  }

 private:
  void Start(int count) {
    threads_ = count;
    shares_ = std::vector<Share>(count);
    const long now = generation_;
    for (int i = 1; i < count; i++) workers_.emplace_back([this, i, now] { Serve(i, now); });
  }

  // A thread's own share, then what is left of the others'.
  void Work(Job &job, int thread) {
    const int shares = static_cast<int>(shares_.size());
    for (int i = 0; i < shares; i++) job.Work(shares_[(thread + i) % shares]);
  }

  void Serve(int thread, long seen) {
    for (;;) {
      for (int i = 0; i < kSpins && generation_.load(std::memory_order_relaxed) == seen; i++) Pause();
      std::unique_lock<std::mutex> lock(mutex_);
      sleeping_++;
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_relaxed) != seen; });
      sleeping_--;
      seen = generation_;
      if (stopping_) return;
      if (!job_) continue;
      Job *job = job_;
      inside_++;
      lock.unlock();
      Work(*job, thread);
      lock.lock();
      if (inside_.fetch_sub(1, std::memory_order_release) == 1) done_.notify_one();
    }
  }

  std::mutex owner_;  // Held by the caller whose job the workers help with.
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable wake_, done_;
  Job *job_ = nullptr;
  int sleeping_ = 0;
  bool stopping_ = false;
  std::atomic<long> generation_{0};
  std::atomic<int> inside_{0};
  std::atomic<int> threads_{1};
  std::vector<std::thread> workers_;
  std::vector<Share> shares_;  // One a thread; written while no worker is inside.
};

// Never destroyed: its threads may be waiting while the process exits.
Pool &ThePool() {
  static Pool *pool = new Pool;
  return *pool;
}

}  // namespace

void SetThreads(int count) { ThePool().Resize(std::max(1, count)); }
int Threads() { return ThePool().threads(); }
void RunTasks(long count, bool backwards, void (*task)(void *, long), void *argument) {
  ThePool().Run({task, argument, count, backwards});
}

Buffer NewBuffer(size_t floats) {
  void *p = aligned_alloc(64, (floats * sizeof(float) + 127) / 64 * 64);
  if (!p) throw std::bad_alloc();
  return Buffer(static_cast<float *>(p));
}

float *Scratch(Slot slot, size_t floats) {
  struct Area {
    Buffer floats;
    size_t size = 0;
  };
  static thread_local Area areas[static_cast<int>(Slot::kCount)];
  Area &area = areas[static_cast<int>(slot)];
  if (area.size < floats) {
    area.floats = NewBuffer(floats);
    area.size = floats;
  }
  return area.floats.get();
}

Chunks::Chunks(long rows, long channels) : rows(rows) {
  const long least = std::max(16384 / std::max(channels, 1L), (rows + 127) / 128);
  size = std::max(1L, std::min(rows, least));
  count = (rows + size - 1) / size;
}

void SumRows(const float *rows, long count, long stride, long n, float *out) {
  Vectors(n, [=](long i, auto width) {
    Vec sum = {};
    for (long k = 0; k < count; k++) sum += Load(rows + k * stride + i, width);
    Store(out + i, sum, width);
  });
}

}  // namespace ablate
