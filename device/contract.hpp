#pragma once

#include "protocol/answer.hpp"
#include "protocol/configuration.hpp"
#include "protocol/signer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// The device's contract (docs/protocol.md, 7) as pure rules: no file, no socket, no clock of its own.
namespace latchkey::device {

/// The one request that the device waits for.
struct OwnRequest {
  std::string_view device_id;
  std::string_view request_id;
  bool has_nonce = false;  ///< the message sent last answered a challenge
};

enum class Verdict {
  drop,              ///< not for this request, or not to be believed: as if it had never come
  accept,            ///< store the credential
  sign_challenge,    ///< send the request again at once, with the nonce
  wait,              ///< send the same request again after `delay`
  take_new_request,  ///< this request_id is spent
};

struct Judgement {
  Verdict verdict = Verdict::drop;
  std::optional<std::chrono::seconds> delay;  ///< of `wait`; nothing: the next delay of the backoff
  bool is_signed = false;
  std::optional<std::int64_t> server_time;  ///< from signed answers only
  protocol::Answer answer;                  ///< empty when dropped
};

/// What an incoming message means. `verifier` comes from the device's own proof and is the only thing that
/// says how an answer must be signed: whatever a broker delivers, nothing in it can choose.
[[nodiscard]] Judgement judge_answer(const OwnRequest& own, const protocol::Verifier& verifier,
                                     std::string_view payload);

/// The session that the device opened, and the configuration that it has applied (0: none).
struct OwnSession {
  std::string_view device_id;
  std::string_view session;
  std::int64_t applied_version = 0;
};

/// The configuration message, or nothing when it is to be dropped.
[[nodiscard]] std::optional<protocol::Configuration> judge_configuration(const OwnSession& own,
                                                                         const protocol::Verifier& verifier,
                                                                         std::string_view payload);

/// The greatest server_time seen: never moves back.
[[nodiscard]] std::optional<std::int64_t> later_of(std::optional<std::int64_t> known,
                                                   std::optional<std::int64_t> server_time);

/// The device's own clock, never before the greatest server_time; without a clock that server_time.
[[nodiscard]] std::optional<crypto::Time> likely_time(std::optional<std::int64_t> own_clock,
                                                      std::optional<std::int64_t> greatest_server_time);

/// Delays of a repeated message: from half of it to all of it, of 2 s, doubling, at most 120 s.
class Backoff {
 public:
  /// `uniform` in [0, 1).
  [[nodiscard]] std::chrono::milliseconds next(double uniform) noexcept;
  /// The next one is no longer.
  [[nodiscard]] std::chrono::seconds ceiling() const noexcept;
  void reset() noexcept { step_ = 0; }

 private:
  unsigned step_ = 0;
};

/// How long the next request waits after so many final rejections (signed, without `retry_after_s`) in a row:
/// 60 s, doubling, at most a day.
[[nodiscard]] std::chrono::seconds pause_after_rejections(unsigned count) noexcept;

}  // namespace latchkey::device
