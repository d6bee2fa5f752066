#pragma once

#include "protocol/code.hpp"
#include "protocol/device_id.hpp"
#include "protocol/limits.hpp"
#include "protocol/signer.hpp"

namespace latchkey::protocol {

/// Where a device connects with its credential (docs/protocol.md, 3).
struct Connection {
  std::string host;
  std::uint16_t port = 8883;
  bool tls = true;
  std::string client_id;
  std::vector<crypto::Bytes> ca;  ///< DER; empty: keep the anchors you have
  std::string topics;
  /// The topic filters that the device may use beyond the protocol's own; empty: none.
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
};

struct CertificateCredential {
  std::vector<crypto::Bytes> chain;  ///< DER, leaf first, without the root
  std::int64_t renew_after = 0;
};

struct PasswordCredential {
  std::string username;
  std::optional<std::int64_t> renew_after;
};

/// The members that only an `accepted` answer has.
struct Acceptance {
  std::int64_t generation = 0;
  std::variant<CertificateCredential, PasswordCredential> credential;
  Connection connection;
  std::int64_t config_version = 0;
  std::optional<std::string> config;  ///< a JSON object
  std::string sealed;                 ///< JWE Compact; empty: no secret
  /// What remains of `sealed` where the config is left out; empty: nothing.
  std::string sealed_without_config;
};

/// An answer (docs/protocol.md, 3).
struct Answer {
  std::optional<std::string> request_id;
  std::string device_id;
  Status status = Status::retry;
  std::string tracking_id;
  std::int64_t server_time = 0;
  std::string code;  ///< a CodeRule's name, or one of a newer service
  std::string message;
  std::optional<std::int64_t> retry_after_s;
  std::string nonce;
  std::optional<Acceptance> acceptance;
};

/// The JSON of an answer, which an unsigned answer consists of.
[[nodiscard]] std::string encode_answer(const Answer& answer);
/// The signed answer. Above `most_bytes` it omits the config, sealed or not, which then follows as a
/// configuration message. No device accepts more than `limits::answer_bytes`.
[[nodiscard]] std::string encode_signed_answer(Answer answer, const Signer& signer,
                                               std::size_t most_bytes = limits::answer_bytes);
/// The largest message for a device that named this `max_message_bytes`; 0: it named none.
[[nodiscard]] std::size_t largest_message(std::int64_t max_message_bytes);

/// At least as many bytes as `encode_answer` makes of it, without encoding it.
[[nodiscard]] std::size_t bound_of_answer(const Answer& answer);

/// What was left out of an answer, and the size of the rest when it is signed: exact if something was left
/// out or it is too large, else at most this.
struct Fitted {
  std::size_t bytes = 0;
  bool without_config = false;
  bool without_rights = false;
  bool without_ca = false;
  [[nodiscard]] bool is_whole() const noexcept { return !without_config && !without_rights && !without_ca; }
};
/// Leaves out of an answer what makes it larger than `most_bytes`: the config, then `publish` and `subscribe`
/// of the connection, then its `ca`. They follow as configuration messages. The rest may still be larger.
[[nodiscard]] Fitted fit_answer(Answer& answer, const Signer& signer, std::size_t most_bytes);

/// The device's side: reads the JSON of an answer whose signature, if any, was checked. An unknown status is
/// an error; an answer whose `critical` lists a member that is not known here reads as `retry`.
[[nodiscard]] std::expected<Answer, std::string> decode_answer(std::string_view json);

}  // namespace latchkey::protocol
