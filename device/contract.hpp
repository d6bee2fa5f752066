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

/// The request whose answer the device waits for.
struct OwnRequest {
  std::string_view device_id;
  std::string_view request_id;
  bool has_nonce = false;  ///< the last message answered a challenge
};

enum class Reaction {
  drop,              ///< ignore it: not for this request, or not authentic
  accept,            ///< store the credential
  sign_challenge,    ///< send the request again at once, with the nonce
  wait,              ///< send the same request again after `delay`
  take_new_request,  ///< this request_id cannot be used again
};

struct Judgement {
  Reaction reaction = Reaction::drop;
  std::optional<std::chrono::seconds> delay;  ///< for `wait`; nothing: use the backoff
  bool is_signed = false;
  std::optional<std::int64_t> server_time;  ///< from signed answers only
  protocol::Answer answer;                  ///< empty when dropped
};

/// Decides how to react to a message on the response topic. Only `verifier`, which comes from the device's
/// own proof, decides how an answer must be signed; nothing in the message can.
[[nodiscard]] Judgement judge_answer(const OwnRequest& own, const protocol::Verifier& verifier,
                                     std::string_view payload);

/// The device's session, and the version of its applied configuration (0: none).
struct OwnSession {
  std::string_view device_id;
  std::string_view session;
  std::int64_t applied_version = 0;
};

/// Verifies and parses a configuration message; nothing if it must be ignored.
[[nodiscard]] std::optional<protocol::Configuration> judge_configuration(const OwnSession& own,
                                                                         const protocol::Verifier& verifier,
                                                                         std::string_view payload);

/// True if the service has not heard `ready` for this version: the message is no answer to it, whatever its
/// `state` says.
[[nodiscard]] bool asks_for_ready(const protocol::Configuration& configuration) noexcept;

/// The greater of two server times.
[[nodiscard]] std::optional<std::int64_t> later_of(std::optional<std::int64_t> known,
                                                   std::optional<std::int64_t> server_time);

/// The later of the device's clock and the greatest server_time; without a clock the latter.
[[nodiscard]] std::optional<crypto::Time> likely_time(std::optional<std::int64_t> own_clock,
                                                      std::optional<std::int64_t> greatest_server_time);

/// Delays between repeats of a message: a random value between half of the ceiling and the ceiling, which
/// doubles from 2 s to 120 s.
class Backoff {
 public:
  /// `uniform` in [0, 1).
  [[nodiscard]] std::chrono::milliseconds next(double uniform) noexcept;
  /// The upper bound of the next delay.
  [[nodiscard]] std::chrono::seconds ceiling() const noexcept;
  void reset() noexcept { step_ = 0; }

 private:
  unsigned step_ = 0;
};

/// The pause after `count` final rejections in a row (signed, without `retry_after_s`): doubles from 60 s to
/// a day.
[[nodiscard]] std::chrono::seconds pause_after_rejections(unsigned count) noexcept;

}  // namespace latchkey::device
