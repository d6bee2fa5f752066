#include "device/contract.hpp"

#include "protocol/limits.hpp"

#include <algorithm>

namespace latchkey::device {
namespace {

using protocol::Status;
using std::chrono::seconds;

constexpr seconds longest_signed_wait = std::chrono::days(7);
constexpr seconds longest_unsigned_wait = std::chrono::hours(1);
// Anybody on the bootstrap account can forge an unsigned answer: it must not make the device send in a tight
// loop.
constexpr seconds shortest_unsigned_wait{2};

/// An unsigned answer can only delay the device, so only these statuses may be unsigned.
bool may_be_unsigned(Status status) {
  return status == Status::rejected || status == Status::retry;
}

std::optional<seconds> allowed_delay(std::optional<std::int64_t> retry_after_s, bool is_signed) {
  if (!retry_after_s) return std::nullopt;
  const seconds asked(*retry_after_s);
  return is_signed ? std::clamp(asked, seconds(0), longest_signed_wait)
                   : std::clamp(asked, shortest_unsigned_wait, longest_unsigned_wait);
}

Reaction reaction_to(const protocol::Answer& answer, bool is_signed, bool had_nonce) {
  switch (answer.status) {
    case Status::accepted:
      return Reaction::accept;
    case Status::challenge:
      return had_nonce ? Reaction::wait : Reaction::sign_challenge;
    case Status::rejected:
      return is_signed && !answer.retry_after_s ? Reaction::take_new_request : Reaction::wait;
    case Status::pending:
    case Status::retry:
      return Reaction::wait;
  }
  return Reaction::drop;
}

/// The JSON of an answer: the verified payload, or the text itself if it is unsigned.
std::optional<std::string> read_payload(const protocol::Verifier& verifier, std::string_view payload) {
  if (payload.empty() || payload.size() > protocol::limits::answer_bytes) return std::nullopt;
  if (payload.front() == '{') return std::string(payload);
  auto opened = protocol::open_message(protocol::response_type, payload, verifier);
  return opened ? std::optional(*std::move(opened)) : std::nullopt;
}

}  // namespace

Judgement judge_answer(const OwnRequest& own, const protocol::Verifier& verifier, std::string_view payload) {
  const auto json = read_payload(verifier, payload);
  if (!json) return {};
  auto answer = protocol::decode_answer(*json);
  if (!answer || answer->device_id != own.device_id || answer->request_id != own.request_id) return {};
  const bool is_signed = payload.front() != '{';
  if (!is_signed && !may_be_unsigned(answer->status)) return {};
  return {.reaction = reaction_to(*answer, is_signed, own.has_nonce),
          .delay = allowed_delay(answer->retry_after_s, is_signed),
          .is_signed = is_signed,
          .server_time = is_signed ? std::optional(answer->server_time) : std::nullopt,
          .answer = *std::move(answer)};
}

std::optional<protocol::Configuration> judge_configuration(const OwnSession& own,
                                                           const protocol::Verifier& verifier,
                                                           std::string_view payload) {
  const auto json = protocol::open_message(protocol::config_type, payload, verifier);
  if (!json) return std::nullopt;
  auto configuration = protocol::decode_configuration(*json);
  if (!configuration || configuration->device_id != own.device_id || configuration->session != own.session)
    return std::nullopt;
  if (configuration->config_version < own.applied_version) return std::nullopt;
  return *std::move(configuration);
}

bool asks_for_ready(const protocol::Configuration& configuration) noexcept {
  return configuration.config || !configuration.sealed.empty() || configuration.connection;
}

std::optional<std::int64_t> later_of(std::optional<std::int64_t> known,
                                     std::optional<std::int64_t> server_time) {
  return std::max(known, server_time);  // an empty optional compares less than any time
}

std::optional<crypto::Time> likely_time(std::optional<std::int64_t> own_clock,
                                        std::optional<std::int64_t> greatest_server_time) {
  const auto time = later_of(own_clock, greatest_server_time);
  if (!time) return std::nullopt;
  return crypto::Time(seconds(*time));
}

std::chrono::milliseconds Backoff::next(double uniform) noexcept {
  const std::chrono::duration<double> delay = ceiling() * (1 + uniform) / 2;
  ++step_;
  return std::chrono::duration_cast<std::chrono::milliseconds>(delay);
}

std::chrono::seconds Backoff::ceiling() const noexcept {
  return std::min(seconds(2) * (1U << std::min(step_, 16U)), seconds(120));
}

std::chrono::seconds pause_after_rejections(unsigned count) noexcept {
  constexpr seconds first{60};
  constexpr seconds longest = std::chrono::days(1);
  if (count == 0) return {};
  return std::min<seconds>(first * (1U << std::min(count - 1, 16U)), longest);
}

}  // namespace latchkey::device
