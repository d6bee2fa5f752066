#pragma once

#include "crypto/certificate_request.hpp"
#include "service/enrolment/policy.hpp"
#include "service/identity/authenticate.hpp"
#include "service/identity/nonce.hpp"

#include <variant>

namespace latchkey::service {

/// Permission to issue one credential. Only `Decider::decide` makes one, from a verified request.
class Grant {
 public:
  [[nodiscard]] const VerifiedRequest& verified() const noexcept { return *verified_; }
  /// The certificate's key; nothing for a password.
  [[nodiscard]] const std::optional<crypto::PublicKey>& key() const noexcept { return key_; }
  [[nodiscard]] const crypto::Sha256Digest& digest() const noexcept { return digest_; }
  /// The generation that was loaded; nothing for a new device.
  [[nodiscard]] const std::optional<std::int64_t>& expected_generation() const noexcept {
    return expected_generation_;
  }
  /// True for a first registration, also after a reset: it changes the device's state. A rotation does not.
  [[nodiscard]] bool registers() const noexcept { return registers_; }

 private:
  friend class Decider;
  Grant(const VerifiedRequest& verified, std::optional<crypto::PublicKey> key, crypto::Sha256Digest digest,
        std::optional<std::int64_t> expected_generation, bool registers)
      : verified_(&verified),
        key_(std::move(key)),
        digest_(digest),
        expected_generation_(expected_generation),
        registers_(registers) {}

  const VerifiedRequest* verified_;
  std::optional<crypto::PublicKey> key_;
  crypto::Sha256Digest digest_;
  std::optional<std::int64_t> expected_generation_;
  bool registers_;
};

/// A repeated request: gets the credential that it got before.
struct Repeat {
  registry::Credential credential;
};

/// The proof verified, but may be old: the device must sign again with this nonce.
struct Challenge {
  std::string nonce;
};

/// The group requires approval, and no operator has approved this request yet.
struct Wait {
  crypto::Sha256Digest digest;
};

using Decision = std::variant<Grant, Repeat, Challenge, Wait, Rejection>;

/// Decides verified requests (docs/protocol.md, 2 to 4), in this order: freshness, the device's state, policy
/// (enrolment/policy.hpp), idempotence, admission. Pure, except for the nonce of a challenge.
class Decider {
 public:
  /// `gives_passwords`: broker_access.mode is not none, so brokers know the passwords.
  explicit Decider(const Nonces& nonces, bool gives_passwords = true)
      : nonces_(nonces), gives_passwords_(gives_passwords) {}

  /// `now` is the database's time. The arguments must outlive the decision.
  [[nodiscard]] Decision decide(const VerifiedRequest& verified, const registry::RequestFacts& facts,
                                crypto::Time now) const;

 private:
  [[nodiscard]] bool is_fresh(const VerifiedRequest& verified, crypto::Time now) const;
  [[nodiscard]] static Decision admit(Grant grant, const registry::RequestFacts& facts);
  const Nonces& nonces_;
  bool gives_passwords_;
};

}  // namespace latchkey::service
