#pragma once

#include "device/enrolment.hpp"
#include "protocol/status.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::device {

/// The operational phase: connects with a stored credential, says `connected`, applies the configuration,
/// says `ready`, and leaves when the registry says so too.
class Operation {
 public:
  using Clock = Mailbox::Clock;

  Operation(Context context, StoredCredential credential, protocol::Connection connection);

  [[nodiscard]] Outcome run(Clock::time_point deadline);
  /// Why it was not `ready`, for people and for `last_error`.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

 private:
  /// Nothing: the connection ended before the work was done.
  using Ended = std::optional<Outcome>;

  [[nodiscard]] Ended run_session(Clock::time_point deadline);
  [[nodiscard]] bool open_link(Mailbox& mailbox);
  [[nodiscard]] Ended handle(const Event& event);
  [[nodiscard]] Ended on_configuration(const protocol::Configuration& configuration);
  [[nodiscard]] bool keep(const protocol::Configuration& configuration);
  [[nodiscard]] std::optional<ConfigRecord> config_in(const protocol::Configuration& configuration);
  [[nodiscard]] mqtt::Options login() const;
  [[nodiscard]] protocol::Verifier verifier() const;
  [[nodiscard]] std::int64_t applied_version() const;
  [[nodiscard]] std::string ca_file() const;
  [[nodiscard]] protocol::StatusMessage status(protocol::StatusKind kind) const;
  void on_ready();
  void say(const protocol::StatusMessage& status);
  void become_ready();
  void fail(const protocol::Configuration& configuration);
  void leave();
  void report_ready() const;

  Context context_;
  StoredCredential credential_;
  protocol::Connection connection_;
  std::unique_ptr<mqtt::Link> link_;
  std::string session_;
  std::optional<protocol::StatusMessage> said_;  ///< repeated until a configuration message answers it
  std::optional<Clock::time_point> next_send_;
  Backoff repeats_;
  Backoff reconnects_;
  bool was_connected_ = false;
  bool session_lost_ = false;
  std::string last_error_;
};

}  // namespace latchkey::device
