#pragma once

#include "mqtt/answer_limit.hpp"
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

/// Catches every exception: Paho calls from C, so one that left a handler would end the process.
template <class Handler, class... Arguments>
void call_handler(const Handler& handler, const Arguments&... arguments) noexcept {
  try {
    if (handler) handler(arguments...);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the handler should have caught it, and nobody here can
                   // report it
  }
}

// A healthy broker never takes so long, and other messages may wait behind one that it never acknowledges.
inline constexpr std::chrono::seconds puback_limit{10};

/// One thread makes all calls into Paho: it connects, subscribes, publishes and reconnects. Each connection
/// has a client object of its own. Destroying the client ends a connection in any state, and none of its
/// callbacks runs after that. So unacknowledged messages can be reclaimed without Paho's report, which some
/// versions omit. A callback records the event under `mutex_` and wakes the thread. The thread never holds
/// `mutex_` while it calls Paho: the callbacks run under Paho's own lock.
struct Link::Impl {
 public:
  Impl(Options options, Endpoint endpoint, Handlers handlers);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool publish(Message message);
  void subscribe(std::vector<std::string> filters);
  [[nodiscard]] bool flush(std::chrono::milliseconds limit);
  [[nodiscard]] bool unsubscribe(std::chrono::milliseconds limit);
  [[nodiscard]] std::size_t outstanding();
  [[nodiscard]] std::size_t window();
  [[nodiscard]] std::size_t packet_limit();
  [[nodiscard]] std::optional<std::chrono::seconds> server_keep_alive();
  [[nodiscard]] bool ready() const noexcept { return ready_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  // On the thread of the link.
  void run() noexcept;
  void run_connection();
  [[nodiscard]] bool connect();
  [[nodiscard]] bool adopt_keep_alive();
  [[nodiscard]] Endpoint next_endpoint() const;
  void open_client();
  void subscribe_all();
  void subscribe_more(Lock& lock);
  void unsubscribe_all(Lock& lock);
  void serve();
  void send_next(Lock& lock);
  void check_stall(Lock& lock);
  [[nodiscard]] std::string why_undeliverable(const Outbox::Item& item) const;
  void close_client(bool served);
  [[nodiscard]] bool await_broker(std::chrono::seconds limit, const std::function<bool()>& event,
                                  const char* missing);
  void fail_after(std::chrono::seconds limit, std::chrono::steady_clock::time_point since,
                  const char* missing);
  [[nodiscard]] bool await(std::chrono::seconds limit, const std::function<bool()>& event,
                           const char* missing);
  [[nodiscard]] bool over() const noexcept { return stopping_ || !failure_.empty(); }
  [[nodiscard]] bool subscribes();

  // On the library's threads.
  void on_connected(const paho::token& token);
  void on_subscribed();
  void on_more_subscribed();
  void on_unsubscribed();
  void on_delivered(const paho::token& token);
  void on_not_delivered(const paho::token& token);
  void on_message(const paho::message& message);

  /// Records that the broker acknowledged or refused a message. The caller holds the lock.
  void record_acknowledgement();
  /// Calls `given_up` without the lock, then removes the message.
  void give_up(Lock& lock, Outbox::Item& item, std::string_view why);
  /// Ends the connection. The first reason is kept.
  void fail(std::string reason);

  const Options options_;
  const Endpoint endpoint_;
  const Handlers handlers_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  paho::connect_options connect_options_;
  std::shared_ptr<AnswerLimit> answer_limit_ =
      options_.answer_limit
          ? options_.answer_limit
          : std::make_shared<AnswerLimit>(options_.connect_timeout, options_.connect_timeout);
  std::size_t failures_ = 0;  ///< failed attempts to connect in a row
  const paho::Runtime runtime_;

  std::mutex mutex_;
  std::condition_variable wake_;     ///< for the thread of the link
  std::condition_variable drained_;  ///< for flush and unsubscribe
  Outbox outbox_;
  Quarantine quarantine_;
  bool stopping_ = false;
  bool leaving_ = false;  ///< unsubscribed for good: no later connection subscribes
  // Of the current connection:
  bool connected_ = false;
  bool unsubscribing_ = false;
  bool acknowledged_ = false;                          ///< an acknowledgement came since serve() last checked
  std::chrono::steady_clock::time_point waits_since_;  ///< the next acknowledgement is awaited since then
  std::size_t subacks_missing_ = 0;
  std::vector<std::string> more_subscriptions_;  ///< to be sent
  std::size_t more_subacks_missing_ = 0;
  std::chrono::steady_clock::time_point more_since_;  ///< the next of these is awaited since then
  std::size_t unsubacks_missing_ = 0;
  std::size_t window_ = 0;
  std::size_t packet_limit_ = any_packet;
  std::optional<std::chrono::seconds> server_keep_alive_;
  int disconnect_code_ = 0;
  std::string failure_;

  std::atomic<bool> ready_ = false;

  // Declared before the client, which uses them until it is destroyed.
  paho::Listener connecting_;
  paho::Listener publishing_;
  std::vector<std::unique_ptr<paho::Listener>> subscribing_;  ///< one for each of options_.subscriptions
  std::vector<std::unique_ptr<paho::Listener>> subscribing_more_;
  paho::Listener leaving_listener_;
  std::unique_ptr<paho::async_client> client_;
  std::thread thread_;
};

}  // namespace latchkey::mqtt
