#include "mqtt/paho_runtime.hpp"

#include "mqtt/paho_compat.hpp"

#include <MQTTAsync.h>

#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <stdexcept>

namespace latchkey::paho {
namespace {

/// Paho uses the proxy variables of the environment, ignores no_proxy, and has no option against it; an HTTP
/// proxy rarely forwards to a broker. So unset them, before main(), while no other thread reads the
/// environment.
[[maybe_unused]] const bool proxies_are_ignored = [] {
  return ::unsetenv("http_proxy") == 0 && ::unsetenv("https_proxy") == 0;
}();

/// A client that never connects and keeps Paho's threads alive. Global, as Paho's threads are. A C client,
/// since a C++ one would keep a token for every call of `wake_sender`.
struct Anchor {
  std::mutex mutex;
  std::size_t users = 0;
  MQTTAsync client = nullptr;
};

Anchor& anchor() {
  static Anchor instance;
  return instance;
}

/// The client accepts messages while not connected and keeps only the last.
MQTTAsync create_client() {
  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
  options.sendWhileDisconnected = 1;
  options.allowDisconnectedSendAtAnyTime = 1;
  options.maxBufferedMessages = 1;
  options.deleteOldestMessages = 1;
  MQTTAsync client = nullptr;
  const int error = ::MQTTAsync_createWithOptions(&client, "tcp://localhost:1883", "anchor",
                                                  MQTTCLIENT_PERSISTENCE_NONE, nullptr, &options);
  if (error != MQTTASYNC_SUCCESS) throw std::runtime_error("no client can be made");
  return client;
}

}  // namespace

Runtime::Runtime() {
  const std::scoped_lock lock(anchor().mutex);
  if (anchor().users == 0) anchor().client = create_client();
  ++anchor().users;
}

Runtime::~Runtime() {
  const std::scoped_lock lock(anchor().mutex);
  if (--anchor().users == 0) ::MQTTAsync_destroy(&anchor().client);
}

void Runtime::wake_sender() const noexcept {
  // The caller holds a Runtime, so the client exists.
  static_cast<void>(::MQTTAsync_send(anchor().client, "wake", 0, "", 0, 0, nullptr));
}

}  // namespace latchkey::paho
