#include "service/doctor/broker_session.hpp"

#include "crypto/certificate.hpp"
#include "crypto/mac.hpp"
#include "mqtt/probe.hpp"
#include "service/config/broker_login.hpp"
#include "service/doctor/idle_connection.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds connect_limit{8};
constexpr std::chrono::seconds acknowledge_limit{3};
constexpr std::chrono::seconds echo_limit{1};
// Long enough for two connections: the link needs so many to find the message that ends them.
constexpr std::chrono::seconds refusal_limit{8};

constexpr const char* rights_todo =
    "give the service's account the rights in deploy/mosquitto/mosquitto.acl; Mosquitto reads its file again "
    "at SIGHUP";

/// A topic of this client's own, of a kind for which the service needs a right.
struct TopicTest {
  std::string topic;
  std::string right;  ///< the right, as an operator grants it
  bool reads = false;
};

/// Collects the link's events; its handlers run on the link's threads.
class LinkEvents {
 public:
  void ready() {
    note([this] { ready_ = true; });
  }
  void lost(std::string_view reason) {
    note([&] {
      if (lost_.empty()) lost_ = reason;
    });
  }
  void delivered(std::uint64_t tag) {
    note([&] { delivered_.insert(tag); });
  }
  void given_up(const mqtt::GivenUp& message) {
    note([&] { given_up_.emplace(message.tag, message.why); });
  }
  void came(std::string_view topic) {
    note([&] { came_.emplace(topic); });
  }

  /// Waits until the session is ready; the text says why there is none, empty if there is one.
  std::string await_session() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, connect_limit, [this] { return ready_ || !lost_.empty(); });
    return ready_ ? "" : lost_.empty() ? "no answer within the time limit" : lost_;
  }
  void await_echoes(const std::vector<TopicTest>& tests) {
    const auto is_here = [this](const TopicTest& test) { return came_.contains(test.topic); };
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, echo_limit, [&] { return std::ranges::all_of(tests, is_here); });
  }
  bool was_delivered(std::uint64_t tag) {
    const std::scoped_lock lock(mutex_);
    return delivered_.contains(tag);
  }
  /// Why the broker refused the message; empty if it did not.
  std::string refusal_of(std::uint64_t tag) {
    const std::scoped_lock lock(mutex_);
    const auto found = given_up_.find(tag);
    return found == given_up_.end() ? "" : found->second;
  }
  bool has_come(const std::string& topic) {
    const std::scoped_lock lock(mutex_);
    return came_.contains(topic);
  }

 private:
  template <class Act>
  void note(const Act& act) {
    {
      const std::scoped_lock lock(mutex_);
      act();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false;
  std::string lost_;
  std::set<std::uint64_t> delivered_;
  std::map<std::uint64_t, std::string> given_up_;
  std::set<std::string> came_;
};

/// The account's name at the broker.
std::string account_of(const Config& config) {
  if (!config.mqtt.username.empty() || config.mqtt.certificate_file.empty()) return config.mqtt.username;
  const auto pem = crypto::read_secret_file(config.mqtt.certificate_file);
  if (!pem) return {};
  const auto chain = crypto::Certificate::from_pem(pem->view());
  return chain ? chain->front().common_name() : "";
}

/// With the rights of deploy/mosquitto every client may publish and subscribe to the topics of its own client
/// id, so the service's rights can be tested without a device.
std::vector<TopicTest> topic_tests_of(const Config& config, const std::string& client_id) {
  const std::string provisioning = config.mqtt.provisioning_root + "/";
  const std::string devices = config.mqtt.devices_root + "/";
  const std::string account = account_of(config).empty() ? client_id : account_of(config);
  return {{provisioning + client_id + "/request", "read " + provisioning + "+/request", true},
          {devices + account + "/status", "read " + devices + "+/status", true},
          {provisioning + client_id + "/response", "write " + provisioning + "+/response"},
          {devices + account + "/config", "write " + devices + "+/config"}};
}

/// Opens a session with the options' subscriptions; the text says why it fails, empty if it is open.
std::string session_with(mqtt::Options options, LinkEvents& events, std::unique_ptr<mqtt::Link>& link) {
  auto opened = mqtt::Link::open(
      std::move(options), {.message = [&](const mqtt::Delivery& delivery) { events.came(delivery.topic); },
                           .ready = [&] { events.ready(); },
                           .lost = [&](std::string_view reason) { events.lost(reason); },
                           .delivered = [&](std::uint64_t tag) { events.delivered(tag); },
                           .given_up = [&](const mqtt::GivenUp& message) { events.given_up(message); },
                           .limited = {},
                           .not_subscribed = {}});
  if (!opened) return opened.error();
  link = std::move(*opened);
  return events.await_session();
}

bool speaks_3_1_1_only(const Config& config, const crypto::Secret& password) {
  if (config.mqtt.version != "5") return false;
  Config older = config;
  older.mqtt.version = "3.1.1";
  mqtt::Options options = broker_login(older, password);
  options.client_id = own_client_id();
  LinkEvents events;
  std::unique_ptr<mqtt::Link> link;
  return session_with(std::move(options), events, link).empty();
}

Finding no_session(const Config& config, const crypto::Secret& password, const std::string& reason) {
  if (reason.contains("subscription to ")) return problem("login", "missing_acl", reason, rights_todo);
  if (mqtt::refuses_login(reason))
    return problem("login", "wrong_login", reason,
                   "check the account \"" + account_of(config) +
                       "\" and its password in mqtt.password_file (or the client certificate) at the broker");
  if (speaks_3_1_1_only(config, password))
    return problem("login", "mqtt_version", "the broker supports MQTT 3.1.1 but not 5: " + reason,
                   "set mqtt.version = \"3.1.1\" and mqtt.share_group = \"\", and run one replica");
  return problem("login", "broker_refuses", reason, "see the broker's log for the cause");
}

/// Replicas need shared subscriptions, which only some brokers support.
Finding shared_finding(const Config& config, const crypto::Secret& password) {
  if (config.mqtt.version != "5" || (config.mqtt.share_group && config.mqtt.share_group->empty()))
    return skipped("shared", "the service is configured to subscribe without a share group");
  mqtt::Options options = broker_login(config, password);
  options.client_id = own_client_id();
  const std::string topic = config.mqtt.provisioning_root + "/" + options.client_id + "/request";
  options.subscriptions = {"$share/" + options.client_id + "/" + topic};
  LinkEvents events;
  std::unique_ptr<mqtt::Link> link;
  std::string why = session_with(std::move(options), events, link);
  if (why.empty()) {
    const std::vector<TopicTest> test{{topic, "", true}};
    mqtt::Message message;
    message.topic = topic;
    message.tag = 1;
    static_cast<void>(link->publish(std::move(message)));
    if (link->flush(acknowledge_limit)) events.await_echoes(test);
    if (events.has_come(topic)) return fine("shared", "the broker has shared subscriptions");
    why = "a message sent to one did not arrive";
  }
  return problem(
      "shared", "no_shared_subscriptions", "the broker has no shared subscriptions: " + why,
      "set mqtt.share_group = \"\" and run one replica, or use a broker with shared subscriptions");
}

/// Without MQTT 5 a broker accepts a message that it then drops, so a missing right cannot be detected: that
/// is no problem found.
Finding rights_finding(const Config& config, LinkEvents& events, const std::vector<TopicTest>& tests) {
  std::string missing;
  std::string untried;
  const auto add = [](std::string& list, const std::string& right) {
    list += (list.empty() ? "" : ", ") + right;
  };
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (events.has_come(tests[i].topic)) continue;
    const bool taken = events.was_delivered(i + 1);
    const bool knows = config.mqtt.version == "5";
    if (tests[i].reads ? taken && knows : !taken)
      add(missing, tests[i].right);
    else if (tests[i].reads || !knows)
      add(untried, tests[i].right);
  }
  if (!missing.empty())
    return problem("rights", "missing_acl", "the account may not " + missing, rights_todo);
  if (!untried.empty())
    return skipped("rights", "this broker does not tell whether the account may " + untried);
  return fine("rights", "the account may read requests and statuses, and write answers and configurations");
}

/// Publishes a message of the protocol's largest size to a topic that was just published to. With MQTT 3.1.1
/// a broker does not report that it drops it.
Finding size_finding(mqtt::Link& link, LinkEvents& events, const std::string& topic) {
  constexpr std::uint64_t tag = 1000;
  mqtt::Message message;
  message.topic = topic;
  message.payload = std::string(protocol::limits::request_bytes, 'x');
  message.correlation_data = std::string(packet_needed - protocol::limits::request_bytes - 1024, 'x');
  message.tag = tag;
  static_cast<void>(link.publish(std::move(message)));
  static_cast<void>(link.flush(refusal_limit));
  if (events.was_delivered(tag))
    return fine("size", "the broker accepts the largest messages of the protocol");
  const std::string refusal = events.refusal_of(tag);
  return problem("size", "size_limit_small",
                 "the broker does not accept a message of " +
                     std::to_string(protocol::limits::request_bytes) +
                     " bytes: " + (refusal.empty() ? "it does not acknowledge it" : refusal),
                 "Mosquitto: set message_size_limit to at least " +
                     std::to_string(protocol::limits::request_bytes) + " and max_packet_size to at least " +
                     std::to_string(packet_needed) + "; other brokers: the corresponding options");
}

Finding window_finding(const Config& config, std::size_t window) {
  if (config.mqtt.version != "5") return skipped("in_flight", "only MQTT 5 tells the limit");
  const std::size_t wanted = mqtt::Options().in_flight_limit;
  if (window >= wanted)
    return fine("in_flight", "the broker accepts as many unacknowledged messages as the service sends");
  return problem("in_flight", "in_flight_small",
                 "the broker accepts only " + std::to_string(window) +
                     " unacknowledged messages at a time, which makes a burst of answers slow",
                 "Mosquitto: set max_inflight_messages 0; other brokers: a Receive Maximum of at least " +
                     std::to_string(wanted));
}

}  // namespace

std::string own_client_id() {
  return "@latchkey-doctor-" + crypto::to_hex(crypto::random_bytes(4));
}

Findings examine_session(const Config& config, const crypto::Secret& password, bool is_well) {
  mqtt::Options options = broker_login(config, password);
  options.client_id = own_client_id();
  const auto tests = topic_tests_of(config, options.client_id);
  // Only topics that the service's account may use: a broker that checks SUBSCRIBE refuses others.
  for (const TopicTest& test : tests)
    if (test.reads) options.subscriptions.push_back(test.topic);
  LinkEvents events;
  std::unique_ptr<mqtt::Link> link;
  constexpr const char* because = "there is no connection to the broker";
  const std::string reason = session_with(std::move(options), events, link);
  if (!reason.empty())
    return {no_session(config, password, reason), skipped("rights", because), skipped("shared", because),
            skipped("in_flight", because),        skipped("size", because),   skipped("keep_alive", because)};

  IdleConnection idle(config, password);  // while the others are checked
  Findings found = {fine("login", "the broker accepts the login")};
  for (std::size_t i = 0; i < tests.size(); ++i) {
    mqtt::Message message;
    message.topic = tests[i].topic;
    message.tag = i + 1;
    static_cast<void>(link->publish(std::move(message)));
  }
  if (link->flush(acknowledge_limit)) events.await_echoes(tests);
  found.push_back(rights_finding(config, events, tests));
  // If a plain subscription does not work, a shared one cannot be tested.
  found.push_back(events.has_come(tests.front().topic)
                      ? shared_finding(config, password)
                      : skipped("shared", "the account may not publish to itself at this broker"));
  found.push_back(window_finding(config, link->window()));
  constexpr std::size_t answers = 2;
  found.push_back(events.was_delivered(answers + 1) ? size_finding(*link, events, tests[answers].topic)
                                                    : skipped("size", "the account may not write answers"));
  found.push_back(is_well && !has_problem(found)
                      ? idle.finding()
                      : skipped("keep_alive", "this takes seconds: it is checked when the rest is right"));
  return found;
}

}  // namespace latchkey::service
