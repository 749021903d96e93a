// Where the kernels' time goes, for whoever asks: of every node its wall time, what of it its threads spent on laying
// factors out for products, and the work it had. While nobody asks, it costs a load and a branch.
#ifndef ABLATE_KERNELS_PROFILE_H_
#define ABLATE_KERNELS_PROFILE_H_

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "bfloat16.h"

namespace ablate {

// What a kernel had to do.
struct Work {
  double products = 0;  // multiply-adds
  double bytes = 0;     // of its inputs and outputs, each once
  Precision precision = Precision::kFloat32;
};

struct NodeTime {
  std::string name;
  Work work;
  double seconds, packing;  // packing: of all threads
};

// Begins anew, or ends.
void Profile(bool on);
bool Profiling();
// Of every call since profiling began, in their order; forgets them.
std::vector<NodeTime> TakeProfile();

inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// While it lives, the calling thread lays factors out. Not one inside of another.
class Packing {
 public:
  Packing() : begin_(Profiling() ? Seconds() : 0) {}
  ~Packing() {
    if (begin_ > 0) Add(Seconds() - begin_);
  }
  Packing(const Packing &) = delete;
  Packing &operator=(const Packing &) = delete;

 private:
  static void Add(double seconds);
  double begin_;
};

// While it lives, a node's kernel runs; kernels run one at a time.
class NodeTimer {
 public:
  explicit NodeTimer(std::string name);
  void End(const Work &work);

 private:
  std::string name_;
  double begin_;
};

}  // namespace ablate

#endif
