#pragma once

#include "device/context.hpp"
#include "device/contract.hpp"
#include "protocol/sealed.hpp"

#include <memory>
#include <optional>
#include <string>

namespace latchkey::device {

/// How a device requests a credential.
struct Terms {
  /// Why a device with a credential uses the bootstrap connection again; empty: it has none.
  std::string last_error;
  std::int64_t renews = 0;  ///< the generation whose certificate is the proof; 0: the factory's proof
  /// The renewed credential has an encryption key. A request without one would take that over, and the device
  /// would have to keep it.
  bool had_encryption_key = false;
  /// Repeats the request until it is accepted, even after refusals; false: the first refusal ends the
  /// exchange.
  bool insists = false;
  unsigned rejections = 0;  ///< final rejections in a row before this exchange
};

/// The device's open request (docs/protocol.md, 7): sends it until there is a final answer. It uses the
/// caller's link, which may be the bootstrap or the operational connection.
class RequestExchange {
 public:
  using Clock = Mailbox::Clock;
  /// Nothing while the exchange goes on; the stored credential on success.
  using Ended = std::optional<std::expected<StoredCredential, Outcome>>;

  /// `proof` must outlive this.
  RequestExchange(const Context& context, const OwnProof& proof, Terms terms);

  /// Loads the stored request, or makes and stores a new one. False if it cannot be stored.
  [[nodiscard]] bool begin();
  /// Call when the link is connected and subscribed. It must stay valid until `on_lost`.
  void on_ready(mqtt::Link& link);
  void on_lost();
  [[nodiscard]] Ended on_answer(std::string_view payload);
  /// Call at `next_timer` or later.
  [[nodiscard]] Ended on_timer();
  [[nodiscard]] std::optional<Clock::time_point> next_timer() const;
  /// The time before which the service wants no further request.
  [[nodiscard]] Clock::time_point not_before() const noexcept { return not_before_; }
  /// Final rejections in a row.
  [[nodiscard]] unsigned rejections() const noexcept { return terms_.rejections; }

 private:
  [[nodiscard]] bool take_request(bool anew);
  [[nodiscard]] bool is_wanted(const OpenRequest& request) const;
  [[nodiscard]] bool wants_certificate() const;
  [[nodiscard]] bool wants_encryption_key() const;
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
  std::unique_ptr<const OpenRequest> request_;  ///< set by `begin`
  bool sent_nonce_ = false;
  bool had_conflict_ = false;
  Backoff backoff_;
  Clock::time_point not_before_ = Clock::time_point::min();  ///< by the service's retry_after_s
  std::optional<Clock::time_point> next_send_;
  std::optional<Clock::time_point> believe_refusal_at_;
};

}  // namespace latchkey::device
