#pragma once

#include "device/config_apply.hpp"
#include "device/diagnosis.hpp"
#include "device/request_exchange.hpp"
#include "protocol/status.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::device {

/// How long to keep an operational connection.
struct Plan {
  bool stays = false;  ///< stay connected until stopped; otherwise disconnect as soon as the device is ready
  /// Without a configuration message for this time the credential or the connection counts as not working.
  std::chrono::milliseconds patience{};
  /// Set if something newer is stored that did not work: when to try it again. That is a newer connection,
  /// or, if `is_outdated`, a request for a newer generation.
  std::optional<Mailbox::Clock::time_point> again_at;
  bool is_outdated = false;
  /// The last session in which `connected` was said; empty: none since this program began.
  std::string previous;
};

/// The operational phase: connects with a stored credential, sends `connected`, applies the configuration and
/// sends `ready`. Then it disconnects, or stays connected, renews the credential in time and applies later
/// configurations.
class Operation {
 public:
  using Clock = Mailbox::Clock;

  Operation(const Context& context, StoredCredential credential, protocol::Connection connection, Plan plan);

  /// `ready` unless it stays; `changed` if something newer should be tried; otherwise why it failed.
  [[nodiscard]] Outcome run();
  /// True once a configuration message came: the credential works with this connection.
  [[nodiscard]] bool has_worked() const noexcept { return has_worked_; }
  /// As `Plan::previous`, for the next operation.
  [[nodiscard]] const std::string& last_session() const noexcept {
    return sent_status_ ? session_ : previous_;
  }
  /// Why it did not become ready, for people and for the attribute `last_error`.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

 private:
  /// Nothing while it goes on.
  using Ended = std::optional<Outcome>;

  // The connection (operation.cpp).
  [[nodiscard]] Ended run_session();
  [[nodiscard]] bool open_link();
  [[nodiscard]] mqtt::Options login() const;
  [[nodiscard]] std::string ca_file() const;
  [[nodiscard]] Ended handle(const Event& event);
  [[nodiscard]] Ended on_message(const Event& event);
  [[nodiscard]] Ended on_timer();
  [[nodiscard]] Clock::time_point next_timer() const;
  void on_ready();
  void on_lost(const std::string& reason);
  void disconnect();

  // The session (operation_session.cpp).
  [[nodiscard]] Ended on_configuration(const protocol::Configuration& configuration);
  [[nodiscard]] Ended keep(const protocol::Configuration& configuration);
  [[nodiscard]] std::optional<ConfigRecord> config_in(const protocol::Configuration& configuration);
  [[nodiscard]] Ended answer(const protocol::Configuration& configuration);
  [[nodiscard]] Ended apply();
  [[nodiscard]] Ended fail(const ApplyFailure& failure);
  [[nodiscard]] Ended become_ready();
  [[nodiscard]] bool awaits_answer_to_ready(std::int64_t version) const;
  [[nodiscard]] protocol::Verifier verifier() const;
  [[nodiscard]] ConfigRecord config() const;
  [[nodiscard]] protocol::StatusMessage status(protocol::StatusKind kind) const;
  [[nodiscard]] mqtt::Message message_of(const protocol::StatusMessage& status) const;
  void send_status(const protocol::StatusMessage& status);
  void repeat_status();
  void report_ready();

  // The device's rights (operation_rights.cpp).
  void use_rights();
  void publish_reading();
  void on_received(const Event& event);

  // The credential's successor (operation_renewal.cpp).
  [[nodiscard]] std::optional<Clock::time_point> renewal_time() const;
  [[nodiscard]] Ended renew();
  [[nodiscard]] Ended on_exchange_ended(const RequestExchange::Ended& asked);

  Context context_;
  StoredCredential credential_;
  protocol::Connection connection_;
  Plan plan_;
  std::unique_ptr<mqtt::Link> link_;
  std::optional<Clock::time_point> give_up_at_;  ///< nothing: the credential works
  bool has_worked_ = false;
  bool was_connected_ = false;
  Backoff reconnects_;
  Diagnosis diagnosis_{Diagnosis::of_operation};
  std::string last_error_;
  std::int64_t confirmed_ = 0;  ///< the greatest generation that the service confirmed, by its last word

  std::string previous_;

  // Of the open session.
  std::string session_;
  bool session_lost_ = false;
  bool is_answered_ = false;                    ///< a configuration message came in this session
  std::optional<std::int64_t> reported_ready_;  ///< the configuration's version
  /// Repeated until a configuration message acknowledges it.
  std::optional<protocol::StatusMessage> sent_status_;
  std::optional<Clock::time_point> next_send_;
  std::optional<Clock::time_point> unanswered_since_;
  Backoff repeats_;
  std::optional<std::int64_t> failed_version_;   ///< the configuration that could not be applied ...
  std::optional<Clock::time_point> next_apply_;  ///< ... and when to try again
  Backoff applies_;
  std::vector<std::string> subscribed_;                   ///< filters of the device's rights
  std::optional<std::chrono::seconds> reading_interval_;  ///< nothing: it publishes no readings
  std::optional<Clock::time_point> next_reading_;
  std::int64_t readings_ = 0;

  std::unique_ptr<const OwnProof> renewal_proof_;  ///< outlives `exchange_`
  std::unique_ptr<RequestExchange> exchange_;      ///< set while the credential is renewed
  Clock::time_point renew_not_before_ = Clock::time_point::min();
};

}  // namespace latchkey::device
