#pragma once

#include "device/applying.hpp"
#include "device/asking.hpp"
#include "device/diagnosis.hpp"
#include "protocol/status.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::device {

/// How long an operational connection is held.
struct Plan {
  bool stays = false;  ///< on until it is asked to end; otherwise it leaves as soon as the device is ready
  /// Without a configuration message for so long, this credential, or this connection, does not work.
  std::chrono::milliseconds patience{};
  /// There: something newer is stored and did not work. At this time it is worth another try: the connection
  /// itself, or, where a newer generation `is_outdated` by, asking for it again.
  std::optional<Mailbox::Clock::time_point> again_at;
  bool is_outdated = false;
};

/// The operational phase: connects with a stored credential, says `connected`, applies the configuration,
/// says `ready`; then leaves, or stays, renews the credential in time and applies what else comes.
class Operation {
 public:
  using Clock = Mailbox::Clock;

  Operation(Context context, StoredCredential credential, protocol::Connection connection, Plan plan);

  /// `ready` only if it does not stay; `changed` if something newer is to be tried; otherwise why it did not
  /// work.
  [[nodiscard]] Outcome run();
  /// A configuration message came: the credential works over this connection.
  [[nodiscard]] bool has_worked() const noexcept { return has_worked_; }
  /// Why it was not `ready`, for people and for `last_error`.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

 private:
  /// Nothing: it goes on.
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
  void leave();

  // What is said on it (operation_session.cpp).
  [[nodiscard]] Ended on_configuration(const protocol::Configuration& configuration);
  [[nodiscard]] Ended keep(const protocol::Configuration& configuration);
  [[nodiscard]] std::optional<ConfigRecord> config_in(const protocol::Configuration& configuration);
  [[nodiscard]] Ended answer(const protocol::Configuration& configuration);
  [[nodiscard]] Ended apply();
  [[nodiscard]] Ended fail(const ApplyFailure& failure);
  [[nodiscard]] Ended become_ready();
  [[nodiscard]] protocol::Verifier verifier() const;
  [[nodiscard]] ConfigRecord config() const;
  [[nodiscard]] protocol::StatusMessage status(protocol::StatusKind kind) const;
  void say(const protocol::StatusMessage& status);
  void report_ready();

  // The credential's successor (operation_renewal.cpp).
  [[nodiscard]] std::optional<Clock::time_point> renewal_time() const;
  [[nodiscard]] Ended renew();
  [[nodiscard]] Ended on_asked(const Asking::Ended& asked);

  Context context_;
  StoredCredential credential_;
  protocol::Connection connection_;
  Plan plan_;
  std::unique_ptr<mqtt::Link> link_;
  std::optional<Clock::time_point> give_up_at_;  ///< nothing: it works
  bool has_worked_ = false;
  bool was_connected_ = false;
  Backoff reconnects_;
  Diagnosis diagnosis_{Diagnosis::of_operation};
  std::string last_error_;

  // Of the open session.
  std::string session_;
  bool session_lost_ = false;
  bool is_settled_ = false;                      ///< a configuration message came in it
  std::optional<std::int64_t> reported_ready_;   ///< the version
  std::optional<protocol::StatusMessage> said_;  ///< repeated until a configuration message answers it
  std::optional<Clock::time_point> next_send_;
  Backoff repeats_;
  std::optional<std::int64_t> failed_version_;   ///< the configuration that could not be put in force ...
  std::optional<Clock::time_point> next_apply_;  ///< ... and when it is tried again
  Backoff applies_;

  std::unique_ptr<const OwnProof> renewal_proof_;  ///< outlives `asking_`
  std::unique_ptr<Asking> asking_;                 ///< there while the credential is renewed
  Clock::time_point renew_not_before_ = Clock::time_point::min();
};

}  // namespace latchkey::device
