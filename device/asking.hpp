#pragma once

#include "device/context.hpp"
#include "device/contract.hpp"
#include "protocol/sealed.hpp"

#include <memory>
#include <optional>
#include <string>

namespace latchkey::device {

/// How a device asks for a credential.
struct Terms {
  std::string last_error;   ///< why one that had a credential came back to the bootstrap connection, or empty
  std::int64_t renews = 0;  ///< the generation whose certificate is the proof; 0: the proof is the factory's
  /// Asks until it is accepted, however often it is refused; otherwise the first refusal ends it.
  bool insists = false;
  unsigned rejections = 0;  ///< final ones in a row before this
};

/// The device's open request (docs/protocol.md, 7): asks on a link that somebody else holds, which may be the
/// bootstrap connection or the operational one, until there is a final answer.
class Asking {
 public:
  using Clock = Mailbox::Clock;
  /// Nothing: it goes on. The stored credential on success.
  using Ended = std::optional<std::expected<StoredCredential, Outcome>>;

  /// `proof` outlives this.
  Asking(Context context, const OwnProof& proof, Terms terms);

  /// Takes the stored request, or stores a new one. False if it cannot be stored.
  [[nodiscard]] bool begin();
  /// The link is up and its subscription there; it stays until `on_lost`.
  void on_ready(mqtt::Link& link);
  void on_lost();
  [[nodiscard]] Ended on_answer(std::string_view payload);
  /// At `next_timer` or later.
  [[nodiscard]] Ended on_timer();
  [[nodiscard]] std::optional<Clock::time_point> next_timer() const;
  /// The service does not want to hear from the device before.
  [[nodiscard]] Clock::time_point not_before() const noexcept { return not_before_; }
  /// Final ones in a row.
  [[nodiscard]] unsigned rejections() const noexcept { return terms_.rejections; }

 private:
  [[nodiscard]] bool take_request(bool anew);
  [[nodiscard]] bool is_wanted(const OpenRequest& request) const;
  [[nodiscard]] bool wants_certificate() const;
  [[nodiscard]] Ended on_accepted(const protocol::Acceptance& accepted);
  [[nodiscard]] Ended on_unusable(const std::string& why);
  [[nodiscard]] std::expected<protocol::Secrets, std::string> secrets_of(
      const protocol::Acceptance& accepted) const;
  [[nodiscard]] bool keep_config(const protocol::Acceptance& accepted,
                                 const protocol::Secrets& secrets) const;
  [[nodiscard]] Ended on_refused(const Judgement& judged);
  [[nodiscard]] Ended on_spent_request(bool is_conflict, const std::string& what);
  void remark_refusal(const std::string& what, bool is_tried_again) const;
  void wait(std::optional<std::chrono::seconds> delay);
  void send(std::string_view nonce = {});
  [[nodiscard]] mqtt::Message message(std::string_view nonce) const;
  [[nodiscard]] std::vector<crypto::Bytes> learned_anchors() const;
  [[nodiscard]] std::unexpected<Outcome> damaged(std::string_view why) const;

  Context context_;
  const OwnProof& proof_;
  Terms terms_;
  std::string attributes_;
  mqtt::Link* link_ = nullptr;
  std::unique_ptr<const OpenRequest> request_;  ///< there from `begin` on
  bool sent_nonce_ = false;
  bool had_conflict_ = false;
  Backoff backoff_;
  Clock::time_point not_before_ = Clock::time_point::min();  ///< what the service asked for
  std::optional<Clock::time_point> next_send_;
  std::optional<Clock::time_point> believe_refusal_at_;
};

}  // namespace latchkey::device
