#pragma once

#include "crypto/chain.hpp"
#include "protocol/device_id.hpp"
#include "protocol/request.hpp"
#include "protocol/status.hpp"
#include "registry/reason.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Rows of the registry as values. What a column means stands in its COMMENT (registry/schema).
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
/// Who of those with the proof is let in.
enum class Admitted { all, listed, approved };

/// What a group, or its defaults, allows.
struct Policy {
  bool in_window = true;
  bool id_matches = true;  ///< the group's device_id_pattern
  Admitted admitted = Admitted::all;
  bool is_listed = false;       ///< on the group's allow list
  bool may_reprovision = true;  ///< reprovisioning = rotate
  bool allows_x509 = true;
  bool allows_password = false;
  std::int64_t lifetime_s = 0;
  std::int64_t unused_life_s = 0;    ///< a credential never used ends after this
  bool seals_config = false;         ///< the configuration goes out encrypted or not at all
  std::optional<std::string> quota;  ///< the quota row that a newcomer counts against
};

/// The one enrolment that a request has to satisfy: the device's own, else the group that its proof names.
struct Enrolment {
  Origin origin = Origin::device;
  std::optional<std::string> group;
  ProofKind proof = ProofKind::token;
  /// A sealed key; a SubjectPublicKeyInfo; a CA certificate, or the SHA-256 of the device's own; a token's
  /// SHA-256.
  crypto::Bytes material;
  crypto::Bytes secondary;  ///< accepted as well while a group's key or CA is rolled; empty: none
  crypto::NameKind id_from = crypto::NameKind::common_name;  ///< x509 groups
  bool enabled = true;
  Policy policy;
  std::string config = "{}";  ///< fleet <- group <- device, merged
  std::int64_t layers = 0;    ///< how often these three and the endpoint were changed, in all
  std::string endpoint;       ///< where its devices connect, JSON; empty: as the service's configuration says
  /// How the registry names it: "device", or "group:<name>".
  [[nodiscard]] std::string name() const;
};

/// What a device is to have, and which version of it that is: worked out by the service whenever a layer or
/// an attribute changed, and kept until then.
struct Configured {
  std::int64_t version = 1;
  std::optional<std::int64_t> layers;  ///< Enrolment::layers at that time; nothing: not worked out yet
  std::optional<crypto::Sha256Digest> digest;    ///< of what the version stands for
  std::string fault;                             ///< why nothing can be sent
  std::optional<crypto::Sha256Digest> endpoint;  ///< of Enrolment::endpoint; nothing: it was empty
  friend bool operator==(const Configured&, const Configured&) = default;
};

struct Device {
  DeviceState state = DeviceState::off;
  std::int64_t generation = 0;
  std::string enrolled_by;  ///< Enrolment::name() of the registration; empty after a reset
  std::optional<crypto::Sha256Digest> proof_key;  ///< of the public key that registered it
  std::optional<crypto::Sha256Digest> waiting;    ///< the request that waits for approval
  std::optional<crypto::Sha256Digest> approved;
  std::optional<crypto::Sha256Digest> rejected;
  Configured configured;
  std::int64_t applied_config_version = 0;
  std::optional<crypto::Sha256Digest> endpoint_given;  ///< as Configured::endpoint: what it has
  std::string attributes = "{}";
};

/// How the answer that delivered a credential was signed; its configurations are signed the same way.
enum class SignedBy { device_key, service };

/// Which of the keys that a device of a group may have: eight bytes that say nothing of the key itself.
using KeyId = std::array<std::uint8_t, 8>;

struct Credential {
  std::int64_t generation = 0;
  protocol::CredentialType type = protocol::CredentialType::x509;
  crypto::Sha256Digest digest{};
  crypto::Bytes certificate;  ///< DER; empty for a password
  crypto::Bytes salt;         ///< of a password
  KeyId master_key{};         ///< under which a password was derived
  Clock not_before;
  Clock not_after;
  bool live = false;  ///< neither retired nor revoked nor expired, used or still to be used in time
  SignedBy signed_by = SignedBy::service;
  std::optional<KeyId> answer_key;                        ///< with SignedBy::device_key
  std::optional<protocol::EncryptionKey> encryption_key;  ///< for secrets in its configurations
};

/// The operational certificate that a request is signed under (x5t#S256), if the device has it.
struct Presented {
  crypto::Bytes certificate;  ///< DER
  std::string status;         ///< live, in_grace, expired, retired or revoked
  [[nodiscard]] bool renews() const { return status == "live" || status == "in_grace"; }
};

/// What a request is looked up by.
struct RequestKey {
  protocol::DeviceId device_id;
  std::string request_id;
  std::optional<std::string> group;
  std::optional<crypto::Sha256Digest> token_hash;
  std::optional<crypto::Sha256Digest> ca_subject;   ///< who issued the last certificate of x5c
  std::optional<crypto::Sha256Digest> certificate;  ///< x5t#S256
  std::optional<crypto::Sha256Digest>
      last_subject;  ///< of the last certificate of x5c, if it follows another
};

struct RequestFacts {
  std::optional<Enrolment> enrolment;
  std::optional<Device> device;
  std::optional<Credential> same_request;  ///< what (device_id, request_id) gave
  std::optional<Credential> newest;
  std::optional<Presented> presented;
};

/// A credential to be committed.
struct NewCredential {
  protocol::CredentialType type = protocol::CredentialType::x509;
  std::string request_id;
  crypto::Sha256Digest digest{};
  crypto::Bytes serial;
  crypto::Bytes certificate;               ///< empty for a password, and so are serial and fingerprints
  crypto::Sha256Digest fingerprint{};      ///< SHA-256 of the certificate
  crypto::Sha256Digest key_fingerprint{};  ///< SHA-256 of its SubjectPublicKeyInfo
  std::optional<KeyId> issuer;             ///< the key of the CA that signed the certificate
  crypto::Bytes salt;                      ///< of a password
  KeyId master_key{};                      ///< under which a password was derived
  std::optional<crypto::Sha256Digest> password_hash;  ///< for brokers that look logins up
  Clock not_before;
  Clock not_after;
  Clock use_by;
  SignedBy signed_by = SignedBy::service;
  std::optional<KeyId> answer_key;
  std::optional<protocol::EncryptionKey> encryption_key;
};

/// One line of the ledger.
struct Attempt {
  std::string tracking_id;
  std::string device_id;
  Clock received_at;
  std::string_view decision;   ///< accepted, repeated, pending, challenge, rejected, retry
  std::string_view code;       ///< empty unless rejected or retry
  std::optional<Cause> cause;  ///< the true one; nothing: accepted
  std::optional<std::string> group;
  /// One of a flood: a number in attempt_count instead of a line, unless a credential is given out.
  bool counted = false;
};

/// A registration or rotation that goes with an accepted attempt.
struct Registration {
  std::optional<std::int64_t> expected_generation;  ///< what the load saw; nothing: no device row
  bool to_registered = false;                       ///< moves the state; a rotation does not
  std::string enrolled_by;
  std::optional<crypto::Sha256Digest> proof_key;
  std::optional<std::string> quota;
  std::string attributes = "{}";
  NewCredential credential;
  /// What the answer says, and what it was worked out from: nothing for a device that has no row.
  std::optional<Configured> configured_before;
  std::optional<Configured> configured;
};

/// A request that waits for an operator.
struct Waiting {
  std::optional<std::int64_t> expected_generation;
  crypto::Sha256Digest digest{};
  std::string attributes = "{}";
  std::optional<std::string> quota;  ///< as Registration::quota: nobody waits where there is no room
  /// How to tell the device that an operator decided; without a request_id it is not told.
  std::string request_id;
  SignedBy signed_by = SignedBy::service;
  std::optional<KeyId> answer_key;
};

struct DecidedRequest {
  Attempt attempt;
  std::optional<Registration> registration;
  std::optional<std::int64_t> repeated_generation;
  std::optional<Waiting> waiting;
};

/// What the commit did with one row.
enum class Outcome {
  won,             ///< written
  noted,           ///< nothing but the ledger was to be written
  again,           ///< somebody else was faster, or the device changed: load and decide again
  quota_exceeded,  ///< written as a rejection
  rate_limited,    ///< too many new credentials: written as put off
  too_many_wait,   ///< no room to wait for an operator in: written as a rejection
  late,            ///< a `connected` that is older than the open session, or of one that ended
  busy,            ///< somebody else has locked what it changes; nothing was written
};

/// A session of another login that has locked devices or quotas.
struct LockHolder {
  std::int64_t pid = 0;
  std::string login;
  Clock since;  ///< when its transaction began, or, where that may not be seen, when it was first met
};

struct StatusKey {
  protocol::DeviceId device_id;
  std::optional<std::int64_t> generation;  ///< with `connected`; else that of the open session counts
};

struct StatusFacts {
  std::optional<Device> device;
  std::optional<Enrolment> enrolment;    ///< the one that registered the device
  std::optional<Credential> credential;  ///< of that generation
  std::string session;                   ///< the open one
};

struct DecidedStatus {
  protocol::DeviceId device_id;
  protocol::StatusMessage status;
  DeviceState expected = DeviceState::off;
  DeviceState next = DeviceState::off;
  /// The broker did not hand it over before this; nothing: not known, and whatever it says counts.
  std::optional<Clock> handed_over;
  /// What was loaded, where the answer tells it, and what it is from now on, where that differs.
  std::optional<Configured> configured_before;
  std::optional<Configured> configured;
};

/// A device whose configuration was due.
struct DecidedConfig {
  protocol::DeviceId device_id;
  std::string session;  ///< the open one that was loaded; empty: none
  bool waits = false;   ///< it is sent something that it has to acknowledge
  Configured configured_before;
  std::optional<Configured> configured;  ///< where that differs
};

/// A device that waited for approval, and how an answer to it is signed.
struct ApprovalNotice {
  protocol::DeviceId device_id;
  std::string request_id;
  StatusFacts facts;  ///< enrolment and credential only, as far as they sign
};

/// One life of the connection to the broker.
struct LinkLife {
  std::string name;                         ///< random
  std::chrono::milliseconds ready_since{};  ///< how long ago it was subscribed
  bool lost = false;                        ///< it is over
};

/// A message to a device that the broker did not take.
struct Undelivered {
  std::string device_id;
  std::string what;  ///< which, and why, for people
  std::chrono::milliseconds ago{};
};

struct Sent {
  std::string device_id;
  std::int64_t generation = 0;
};

}  // namespace latchkey::registry
