#include "cluster.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "backend.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/eager/c_api_experimental.h"
#include "values.h"

namespace ablate {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// Asks every peer in turn whether it lives, on a thread of its own: the main one may wait in a collective.
class Watch {
 public:
  struct Peer {
    std::string task, name;
    Clock::time_point answered;
  };

  Watch(TFE_Context *context, std::vector<Peer> peers, Milliseconds period, Milliseconds patience)
      : context_(context), peers_(std::move(peers)), period_(period), patience_(patience), thread_([this] { Run(); }) {}

  ~Watch() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void Run() {
    for (Peer &peer : peers_) peer.answered = Clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    while (!ended_) {
      lock.unlock();
      for (Peer &peer : peers_) {
        if (Lost(&peer)) return;
      }
      lock.lock();
      wake_.wait_for(lock, period_, [this] { return ended_; });
    }
  }

  bool Lost(Peer *peer) {
    Status status;
    TFE_CollectiveOpsCheckPeerHealth(context_, peer->task.c_str(), period_.count(), status.get());
    const Clock::time_point now = Clock::now();
    if (status.ok()) peer->answered = now;
    if (now - peer->answered < patience_) return false;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (ended_) return true;
    }
    Status why;
    TF_SetStatus(why.get(), TF_UNAVAILABLE, (peer->name + " does not answer").c_str());
    TFE_AbortCollectiveOps(context_, why.get());
    return true;
  }

  TFE_Context *const context_;
  std::vector<Peer> peers_;
  const Milliseconds period_, patience_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

std::unique_ptr<Watch> watch;

// tfjs-node's device is called otherwise in a cluster, and its addon has to follow.
napi_value JoinCluster(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  tfnodejs::TFJSBackend *backend = Backend(env);
  const std::string definition = ReadBytes(env, arguments.at[0]);
  Status status;
  TFE_EnableCollectiveOps(backend->tfe_context_, definition.data(), definition.size(), status.get());
  if (status.Throw(env)) return nullptr;
  std::unique_ptr<TF_DeviceList, void (*)(TF_DeviceList *)> devices(
      TFE_ContextListDevices(backend->tfe_context_, status.get()), TF_DeleteDeviceList);
  if (status.Throw(env)) return nullptr;
  std::string chosen;
  for (int i = 0; i < TF_DeviceListCount(devices.get()); i++) {
    Status named;
    const char *const name = TF_DeviceListName(devices.get(), i, named.get());
    const char *const type = TF_DeviceListType(devices.get(), i, named.get());
    if (!named.ok()) continue;
    if (chosen.empty() || (backend->is_gpu_device && std::string(type) == "GPU")) chosen = name;
  }
  backend->device_name = chosen;
  napi_value device = nullptr;
  napi_create_string_utf8(env, chosen.data(), chosen.size(), &device);
  return device;
}

std::vector<std::string> ReadStrings(napi_env env, napi_value value) {
  uint32_t length = 0;
  napi_get_array_length(env, value, &length);
  std::vector<std::string> list;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(env, value, i, &element);
    list.push_back(ReadString(env, element));
  }
  return list;
}

Milliseconds ReadMilliseconds(napi_env env, napi_value value) {
  int64_t number = 0;
  napi_get_value_int64(env, value, &number);
  return Milliseconds(number);
}

napi_value WatchPeers(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  const std::vector<std::string> tasks = ReadStrings(env, arguments.at[0]), names = ReadStrings(env, arguments.at[1]);
  if (tasks.size() != names.size()) {
    napi_throw_error(env, nullptr, "every peer needs a task and a name");
    return nullptr;
  }
  std::vector<Watch::Peer> peers;
  for (size_t i = 0; i < tasks.size(); i++) peers.push_back({tasks[i], names[i], {}});
  watch.reset();
  watch.reset(new Watch(Backend(env)->tfe_context_, std::move(peers), ReadMilliseconds(env, arguments.at[2]),
                        ReadMilliseconds(env, arguments.at[3])));
  return nullptr;
}

napi_value StopWatching(napi_env, napi_callback_info) {
  watch.reset();
  return nullptr;
}

}  // namespace

void DefineClusterCalls(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor properties[] = {
      method("joinCluster", JoinCluster),
      method("watchPeers", WatchPeers),
      method("stopWatching", StopWatching),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

}  // namespace ablate
