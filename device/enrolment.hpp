#pragma once

#include "device/contract.hpp"
#include "device/environment.hpp"
#include "device/mailbox.hpp"
#include "device/settings.hpp"
#include "device/steps.hpp"
#include "device/store.hpp"
#include "protocol/sealed.hpp"

#include <memory>
#include <optional>
#include <string>

namespace latchkey::device {

/// How an attempt to become ready ended.
enum class Outcome {
  ready,
  refused,      ///< the service said no
  later,        ///< no final word in time: try again
  unreachable,  ///< there was no connection to the broker
  damaged,      ///< a file of the device cannot be read or written
};

/// Everything that the phases of a device share. The references outlive them.
struct Context {
  const Settings& settings;
  const Store& store;
  const Environment& environment;
  const Reporter& reporter;
};

/// The bootstrap phase: asks for a credential until there is a final answer or the time is over.
class Enrolment {
 public:
  using Clock = Mailbox::Clock;

  /// `proof` is the factory's, or of a renewal; it outlives this. `last_error`: why a device that had a
  /// credential came back; empty at first.
  Enrolment(Context context, const OwnProof& proof, const std::string& last_error);

  /// The stored credential on success, otherwise never `ready`.
  [[nodiscard]] std::expected<StoredCredential, Outcome> run(Clock::time_point deadline);

 private:
  using Ended = std::optional<std::expected<StoredCredential, Outcome>>;

  [[nodiscard]] bool open_link();
  [[nodiscard]] bool take_request(bool anew);
  [[nodiscard]] bool is_wanted(const OpenRequest& request) const;
  [[nodiscard]] bool wants_certificate() const;
  [[nodiscard]] Ended handle(const Event& event);
  [[nodiscard]] Ended on_answer(std::string_view payload);
  [[nodiscard]] Ended on_accepted(const protocol::Acceptance& accepted);
  [[nodiscard]] Ended on_unusable(const std::string& why);
  [[nodiscard]] std::expected<protocol::Secrets, std::string> secrets_of(
      const protocol::Acceptance& accepted) const;
  [[nodiscard]] bool keep_config(const protocol::Acceptance& accepted,
                                 const protocol::Secrets& secrets) const;
  [[nodiscard]] Ended on_refused(const Judgement& judged);
  [[nodiscard]] Ended on_spent_request();
  [[nodiscard]] Ended on_timer();
  void on_ready();
  void wait(std::optional<std::chrono::seconds> delay);
  void send(std::string_view nonce = {});
  [[nodiscard]] mqtt::Message message(std::string_view nonce) const;
  [[nodiscard]] Clock::time_point next_timer(Clock::time_point deadline) const;
  [[nodiscard]] std::unexpected<Outcome> damaged(std::string_view why) const;

  Context context_;
  const OwnProof& proof_;
  std::string attributes_;
  Mailbox mailbox_;
  std::unique_ptr<mqtt::Link> link_;            ///< after the mailbox that its handlers write to
  std::unique_ptr<const OpenRequest> request_;  ///< there while `run` runs
  bool sent_nonce_ = false;
  bool was_connected_ = false;
  int spent_requests_ = 0;
  Backoff backoff_;
  Clock::time_point not_before_ = Clock::time_point::min();  ///< what the service asked for
  std::optional<Clock::time_point> next_send_;
  std::optional<Clock::time_point> believe_refusal_at_;
};

}  // namespace latchkey::device
