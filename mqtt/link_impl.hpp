#pragma once

#include "mqtt/endpoint.hpp"
#include "mqtt/link.hpp"
#include "mqtt/outbox.hpp"
#include "mqtt/paho_compat.hpp"
#include "mqtt/paho_runtime.hpp"
#include "mqtt/quarantine.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::mqtt {

/// An exception that left a handler would end the process: the library calls from C.
template <class Handler, class... Arguments>
void call_handler(const Handler& handler, const Arguments&... arguments) noexcept {
  try {
    if (handler) handler(arguments...);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the handler's own affair, and there is nobody here to tell
  }
}

/// One thread does everything that calls the library: it connects, subscribes, publishes, waits and tries
/// again. Each connection has its own client object; destroying it is what ends a connection in any state,
/// and after that no callback of it runs any more. So what was unacknowledged can be reclaimed without asking
/// the library, which in some versions forgets to say. Callbacks note what happened under `mutex_` and wake
/// the thread; the thread never holds `mutex_` while it calls the library, whose own lock the callbacks hold.
struct Link::Impl {
 public:
  Impl(Options options, Endpoint endpoint, Handlers handlers);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool publish(Message message);
  [[nodiscard]] bool flush(std::chrono::milliseconds limit);
  [[nodiscard]] bool leave(std::chrono::milliseconds limit);
  [[nodiscard]] std::size_t outstanding();
  [[nodiscard]] std::size_t window();
  [[nodiscard]] std::size_t packet_limit();
  [[nodiscard]] bool ready() const noexcept { return ready_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  // On the thread of the link.
  void run() noexcept;
  void converse();
  [[nodiscard]] bool connect();
  [[nodiscard]] bool adopt_keep_alive();
  [[nodiscard]] Endpoint next_endpoint() const;
  void open_client();
  void subscribe_all();
  void unsubscribe_all(Lock& lock);
  void serve();
  void send_next(Lock& lock);
  void look_after(Lock& lock);
  [[nodiscard]] std::string why_not(const Outbox::Item& item) const;
  void close_client(bool served);
  [[nodiscard]] bool await(std::chrono::seconds limit, const std::function<bool()>& event,
                           const char* missing);
  [[nodiscard]] bool over() const noexcept { return stopping_ || !failure_.empty(); }
  [[nodiscard]] bool subscribes();

  // On the library's threads.
  void on_connected(const paho::token& token);
  void on_subscribed();
  void on_unsubscribed();
  void on_delivered(const paho::token& token);
  void on_not_delivered(const paho::token& token);
  void on_message(const paho::message& message);

  /// The broker read a message, whatever it said of it. The lock is held.
  void note_acknowledgement();
  /// Tells it, and takes the message out; without the lock meanwhile.
  void give_up(Lock& lock, Outbox::Item& item, std::string_view why);
  /// The connection is over; the first reason counts.
  void fail(std::string reason);

  const Options options_;
  const Endpoint endpoint_;
  const Handlers handlers_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  paho::connect_options connect_options_;
  std::size_t failures_ = 0;  ///< to connect, in a row
  const paho::Runtime runtime_;

  std::mutex mutex_;
  std::condition_variable wake_;     ///< for the thread of the link
  std::condition_variable drained_;  ///< for flush and leave
  Outbox outbox_;
  Quarantine quarantine_;
  bool stopping_ = false;
  bool leaving_ = false;  ///< for good: no connection subscribes any more
  // Of the present connection:
  bool connected_ = false;
  bool unsubscribing_ = false;
  bool acknowledged_ = false;                          ///< something was, since serve() looked
  std::chrono::steady_clock::time_point waits_since_;  ///< for the next acknowledgement
  std::size_t subacks_missing_ = 0;
  std::size_t unsubacks_missing_ = 0;
  std::size_t window_ = 0;
  std::size_t packet_limit_ = any_packet;
  std::optional<std::chrono::seconds> server_keep_alive_;
  int disconnect_code_ = 0;
  std::string failure_;

  std::atomic<bool> ready_ = false;

  // Before the client, which uses them until it is gone.
  paho::Listener connecting_;
  paho::Listener publishing_;
  std::vector<std::unique_ptr<paho::Listener>> subscribing_;  ///< one for each of options_.subscriptions
  paho::Listener leaving_listener_;
  std::unique_ptr<paho::async_client> client_;
  std::thread thread_;
};

}  // namespace latchkey::mqtt
