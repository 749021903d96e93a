#include "profile.h"

#include <mutex>
#include <utility>

namespace ablate {
namespace {

std::atomic<bool> profiling{false};
std::atomic<long> packing{0};  // nanoseconds
std::mutex mutex;              // guards what follows
std::vector<NodeTime> nodes;

}  // namespace

bool Profiling() { return profiling.load(std::memory_order_relaxed); }

void Profile(bool on) {
  TakeProfile();
  profiling = on;
}

std::vector<NodeTime> TakeProfile() {
  std::lock_guard<std::mutex> lock(mutex);
  return std::exchange(nodes, {});
}

void Packing::Add(double seconds) { packing.fetch_add(static_cast<long>(seconds * 1e9), std::memory_order_relaxed); }

NodeTimer::NodeTimer(std::string name) : name_(std::move(name)), begin_(Seconds()) { packing = 0; }

void NodeTimer::End(const Work &work) {
  const double seconds = Seconds() - begin_;
  std::lock_guard<std::mutex> lock(mutex);
  nodes.push_back({std::move(name_), work, seconds, packing * 1e-9});
}

}  // namespace ablate
