#pragma once

#include "crypto/chain.hpp"
#include "protocol/device_id.hpp"
#include "protocol/request.hpp"
#include "protocol/status.hpp"
#include "registry/reason.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The registry's rows as values. The columns' COMMENTs in registry/schema define their meaning.
namespace latchkey::registry {

/// The database's clock, in microseconds since the epoch: the authority for validity.
using Clock = std::chrono::sys_time<std::chrono::microseconds>;

enum class DeviceState { off, provisioning_requested, registered, connected, ready, suspended, revoked };
[[nodiscard]] std::string_view name_of(DeviceState state) noexcept;

enum class ProofKind { symmetric_key, public_key, x509, token };
inline constexpr std::array<std::string_view, 4> proof_names = {"symmetric_key", "public_key", "x509",
                                                                "token"};
[[nodiscard]] std::string_view name_of(ProofKind proof) noexcept;
enum class Origin { device, group };
/// Which devices with a valid proof a group admits.
enum class Admitted { all, listed, approved };

/// Which configurations are encrypted: those that the device can open, all, or none.
enum class Sealing { possible, always, never };

/// What an enrolment allows: the group's policy, or the defaults.
struct Policy {
  bool in_window = true;
  bool id_matches = true;  ///< the group's device_id_pattern
  Admitted admitted = Admitted::all;
  bool is_listed = false;       ///< on the group's allow list
  bool may_reprovision = true;  ///< reprovisioning = rotate
  bool allows_x509 = true;
  bool allows_password = false;
  std::int64_t lifetime_s = 0;
  std::int64_t unused_life_s = 0;  ///< a credential that is never used ends after this time
  Sealing sealing = Sealing::possible;
  bool trusts_token_attributes = false;
  std::optional<std::string> quota;  ///< the quota that a new device counts against
};

/// The enrolment that decides a request: the device's own, else that of the group that its proof names.
struct Enrolment {
  Origin origin = Origin::device;
  std::optional<std::string> group;
  ProofKind proof = ProofKind::token;
  /// By `proof`: a sealed key; a SubjectPublicKeyInfo; a group's CA certificate or the SHA-256 of a device's;
  /// the SHA-256 of a token.
  crypto::Bytes material;
  crypto::Bytes secondary;  ///< the second accepted material while a group's key or CA is rolled; empty: none
  crypto::NameKind id_from = crypto::NameKind::common_name;  ///< x509 groups
  bool enabled = true;
  Policy policy;
  std::string config = "{}";  ///< fleet <- group <- device, merged
  std::int64_t layers = 0;    ///< how often these three, endpoint and rights changed, in total
  std::string endpoint;       ///< where its devices connect, JSON; empty: as in the service's configuration
  /// The topics beyond the protocol's that its devices may use, JSON for `protocol::parse_templates`; empty:
  /// none. Nothing: rights were never set, for any device.
  std::optional<std::string> rights;
  /// Its name in the registry: "device" or "group:<name>".
  [[nodiscard]] std::string name() const;
};

/// A device's configuration and its version. The service computes it again whenever a layer or an attribute
/// changed.
struct Configured {
  std::int64_t version = 1;
  std::optional<std::int64_t> layers;          ///< Enrolment::layers at that time; nothing: not computed yet
  std::optional<crypto::Sha256Digest> digest;  ///< of the content of this version
  std::string fault;                           ///< why the configuration cannot be sent; empty: it can
  std::optional<crypto::Sha256Digest> endpoint;  ///< of Enrolment::endpoint; nothing: that was empty
  friend bool operator==(const Configured&, const Configured&) = default;
};

struct Device {
  DeviceState state = DeviceState::off;
  std::int64_t generation = 0;
  std::string enrolled_by;  ///< Enrolment::name() of the registration; empty after a reset
  std::optional<crypto::Sha256Digest> proof_key;  ///< fingerprint of the public key that registered it
  std::optional<crypto::Sha256Digest> waiting;    ///< digest of the request that waits for approval
  std::optional<crypto::Sha256Digest> approved;
  std::optional<crypto::Sha256Digest> rejected;
  Configured configured;
  std::int64_t applied_config_version = 0;
  std::optional<crypto::Sha256Digest> endpoint_given;  ///< Configured::endpoint that the device has
  std::string attributes = "{}";
  /// The greatest generation since the registration that a `connected` confirmed; 0: none.
  std::int64_t confirmed = 0;
  /// The largest message that it can take; 0: it named none. Only the load of statuses has it.
  std::int64_t max_message_bytes = 0;
};

/// The signer of the answer that delivered a credential. Configurations for that credential have the same
/// signer.
enum class SignedBy { device_key, service };

/// Identifies a key by eight bytes that reveal nothing about it.
using KeyId = std::array<std::uint8_t, 8>;

/// What the secrets of a credential are encrypted under: a key that the device sent, or, by its id, the
/// symmetric key that it proved.
using SealedUnder = std::variant<protocol::EncryptionKey, KeyId>;

struct Credential {
  std::int64_t generation = 0;
  protocol::CredentialType type = protocol::CredentialType::x509;
  crypto::Sha256Digest digest{};
  crypto::Bytes certificate;  ///< DER; empty for a password
  crypto::Bytes salt;         ///< of a password
  KeyId master_key{};         ///< the master key that a password was derived from
  Clock not_before;
  Clock not_after;
  /// Not retired, revoked or expired, and used, or still within the time for its first use.
  bool live = false;
  SignedBy signed_by = SignedBy::service;
  std::optional<KeyId> answer_key;          ///< with SignedBy::device_key
  std::optional<SealedUnder> sealed_under;  ///< its configurations; nothing: the device can open none
};

/// The operational certificate that a request is signed under (x5t#S256), if the device has it.
struct Presented {
  crypto::Bytes certificate;  ///< DER
  std::string status;         ///< live, in_grace, expired, retired or revoked
  std::optional<SealedUnder> sealed_under;
  [[nodiscard]] bool renews() const { return status == "live" || status == "in_grace"; }
};

/// The keys by which the registry finds everything about a request.
struct RequestKey {
  protocol::DeviceId device_id;
  std::string request_id;
  std::optional<std::string> group;
  std::optional<crypto::Sha256Digest> token_hash;
  std::optional<crypto::Sha256Digest> ca_subject;   ///< the issuer of the last certificate in x5c
  std::optional<crypto::Sha256Digest> certificate;  ///< x5t#S256
  /// The subject of the last certificate in x5c, if that has more than one.
  std::optional<crypto::Sha256Digest> last_subject;
};

struct RequestFacts {
  std::optional<Enrolment> enrolment;
  std::optional<Device> device;
  /// The credential that was issued for the same (device_id, request_id).
  std::optional<Credential> same_request;
  std::optional<Credential> newest;
  std::optional<Presented> presented;
};

/// A credential to commit.
struct NewCredential {
  protocol::CredentialType type = protocol::CredentialType::x509;
  std::string request_id;
  crypto::Sha256Digest digest{};
  crypto::Bytes serial;
  crypto::Bytes certificate;               ///< empty for a password, and so are serial and fingerprints
  crypto::Sha256Digest fingerprint{};      ///< SHA-256 of the certificate
  crypto::Sha256Digest key_fingerprint{};  ///< SHA-256 of its SubjectPublicKeyInfo
  std::optional<KeyId> issuer;             ///< the id of the CA's key that signed the certificate
  crypto::Bytes salt;                      ///< of a password
  KeyId master_key{};                      ///< the master key that a password was derived from
  std::optional<crypto::Sha256Digest> password_hash;  ///< for brokers that query the registry
  std::optional<crypto::Sha256Digest> pbkdf2;         ///< for those that read no other hash
  Clock not_before;
  Clock not_after;
  Clock use_by;
  SignedBy signed_by = SignedBy::service;
  std::optional<KeyId> answer_key;
  std::optional<SealedUnder> sealed_under;
};

/// One row of the ledger.
struct Attempt {
  std::string tracking_id;
  std::string device_id;
  Clock received_at;
  std::string_view decision;   ///< accepted, repeated, pending, challenge, rejected, retry
  std::string_view code;       ///< empty unless rejected or retry
  std::optional<Cause> cause;  ///< the real cause; nothing: accepted
  std::optional<std::string> group;
  /// Part of a flood: only counted in attempt_count, without a row, unless it gets a credential.
  bool counted = false;
};

/// The registration or rotation of an accepted attempt.
struct Registration {
  /// The generation that was loaded; nothing: no device row.
  std::optional<std::int64_t> expected_generation;
  bool to_registered = false;  ///< changes the device's state; a rotation does not
  std::string enrolled_by;
  std::optional<crypto::Sha256Digest> proof_key;
  std::optional<std::string> quota;
  std::string attributes = "{}";  ///< proved; {} keeps those that are known
  std::string reported = "{}";    ///< not proved; the same
  NewCredential credential;
  /// The configuration in the answer, and the one before it; nothing for a device without a row.
  std::optional<Configured> configured_before;
  std::optional<Configured> configured;
};

/// A request that waits for an operator's approval.
struct Waiting {
  std::optional<std::int64_t> expected_generation;
  crypto::Sha256Digest digest{};
  std::string attributes = "{}";
  std::optional<std::string> quota;  ///< as Registration::quota: without room a request cannot wait
  /// For the notice of an operator's decision; without a request_id the device gets none.
  std::string request_id;
  SignedBy signed_by = SignedBy::service;
  std::optional<KeyId> answer_key;
};

struct DecidedRequest {
  Attempt attempt;
  std::optional<Registration> registration;
  std::optional<std::int64_t> repeated_generation;
  std::optional<Waiting> waiting;
  std::int64_t max_message_bytes = 0;  ///< of an accepted or repeated request; 0: it named none
  bool without_ca = false;             ///< the answer had no room for the connection's anchors
};

/// The result of committing one row.
enum class Outcome {
  won,             ///< written
  noted,           ///< only the ledger was written
  again,           ///< the row lost a race, or the device changed: load and decide again
  quota_exceeded,  ///< written as a rejection
  rate_limited,    ///< too many new credentials: written as a retry
  too_many_wait,   ///< too many requests wait for an operator: written as a rejection
  late,            ///< a `connected` of an older or ended session
  busy,            ///< another session has locked its rows; nothing was written
};

/// A database session of another login that has locked devices or quotas.
struct LockHolder {
  std::int64_t pid = 0;
  std::string login;
  Clock since;  ///< when its transaction began, or, without the right to see that, when it was first seen
};

struct StatusKey {
  protocol::DeviceId device_id;
  std::optional<std::int64_t> generation;  ///< only for `connected`; otherwise the open session's is used
  bool is_signed = false;                  ///< loads what its proof is checked against, too
  bool newest_session = false;             ///< loads the newest session as the open one, even if it has ended
};

struct StatusFacts {
  std::optional<Device> device;
  std::optional<Enrolment> enrolment;    ///< the enrolment that registered the device
  std::optional<Credential> credential;  ///< of that generation
  std::string session;                   ///< the open one
  /// Where the device was told to connect, JSON as Enrolment::endpoint: where it is, and where it was last
  /// sent. Only for a signed `connected`.
  std::vector<std::string> endpoints;
  bool rights_told = true;  ///< the broker's gate, if there is one, knows what the device may do
};

struct DecidedStatus {
  protocol::DeviceId device_id;
  protocol::StatusMessage status;
  DeviceState expected = DeviceState::off;
  DeviceState next = DeviceState::off;
  bool confirms = false;  ///< a `connected`: the device holds the credential of its generation
  /// The earliest time at which the broker can have delivered it; nothing: unknown, so the status is taken as
  /// new.
  std::optional<Clock> handed_over;
  /// The loaded configuration, if the answer contains it, and the new one, if that differs.
  std::optional<Configured> configured_before;
  std::optional<Configured> configured;
};

/// A device with a due configuration, after the decision.
struct DecidedConfig {
  protocol::DeviceId device_id;
  std::string session;  ///< the newest session when it was loaded; empty: none
  bool waits = false;   ///< it is sent a configuration that it must acknowledge
  Configured configured_before;
  std::optional<Configured> configured;  ///< the new one, if it differs
};

/// A device whose request an operator decided, with the facts to sign an answer to it.
struct ApprovalNotice {
  protocol::DeviceId device_id;
  std::string request_id;
  StatusFacts facts;  ///< only the members that are needed to sign
};

/// One connection of a replica to the broker.
struct LinkLife {
  std::string name;                         ///< random
  std::chrono::milliseconds ready_since{};  ///< how long it has been subscribed
  bool lost = false;                        ///< the connection has ended
  std::string version;                      ///< of the replica
};

/// A message to a device that the broker did not accept.
struct Undelivered {
  std::string device_id;
  std::string what;  ///< which message, and why, for people
  std::chrono::milliseconds ago{};
};

struct Sent {
  std::string device_id;
  std::int64_t generation = 0;
};

}  // namespace latchkey::registry
