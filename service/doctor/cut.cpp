#include "mqtt/link.hpp"
#include "service/config/broker_login.hpp"
#include "service/doctor/broker_session.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace latchkey::service {
namespace {

constexpr std::string_view check = "session_cut";
constexpr std::chrono::seconds connect_limit{8};
constexpr std::chrono::seconds end_limit{3};

/// A connection that becomes ready and may be lost.
class Watched {
 public:
  explicit Watched(mqtt::Options options) {
    auto opened =
        mqtt::Link::open(std::move(options), {.message = {},
                                              .ready = [this] { set(is_ready_, {}); },
                                              .lost = [this](std::string_view why) { set(is_lost_, why); },
                                              .delivered = {},
                                              .given_up = {},
                                              .limited = {},
                                              .not_subscribed = {}});
    if (opened)
      link_ = std::move(*opened);
    else
      set(is_lost_, opened.error());
  }

  /// Nothing, or why not.
  std::optional<std::string> await_ready() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, connect_limit, [this] { return is_ready_ || is_lost_; });
    if (is_ready_) return std::nullopt;
    return is_lost_ ? why_ : "no answer within the time limit";
  }
  bool is_lost_within(std::chrono::seconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return is_lost_; });
  }

 private:
  void set(bool& what, std::string_view why) {
    {
      const std::scoped_lock lock(mutex_);
      what = true;
      why_ = why;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ready_ = false;
  bool is_lost_ = false;
  std::string why_;
  std::unique_ptr<mqtt::Link> link_;  // last: its handlers use the members above
};

}  // namespace

Finding examine_cut(const Config& config, const crypto::Secret& password) {
  const std::string client_id = own_client_id();
  const auto options = [&] {
    mqtt::Options made = broker_login(config, password);
    made.client_id = client_id;
    return made;
  };
  Watched older(options());
  if (const auto why = older.await_ready())
    return skipped(check, "there is no connection to the broker: " + *why);
  const Watched newer(options());
  // Each comes back when the other has ended it, so the older one is seen to end either way.
  if (older.is_lost_within(end_limit))
    return fine(check, "a connection ends when another one has its client id");
  return problem(check, "cut_without_effect",
                 "the broker does not end a connection when another one has its client id, so sessions of "
                 "blocked devices go on",
                 "remove broker_access.cut, or let clients of the account \"" + config.mqtt.username +
                     "\" choose their client ids at the broker");
}

}  // namespace latchkey::service
