#pragma once

#include "protocol/request.hpp"
#include "protocol/signer.hpp"
#include "protocol/topics.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::bench {

enum class Task {
  provision,  ///< a request; its answer
  connect,    ///< `connected` of a device that is registered; its configuration
  journey,    ///< request, `connected`, `ready`; the answer of each
  renew,  ///< after a journey that is not measured: a request by the certificate, `connected` with the new
};

enum class Proof {
  group_key,    ///< HS256 under a key derived from the group's, a CSR
  certificate,  ///< ES256 under a certificate of the group's CA in x5c, a CSR
  token,        ///< the group's token in plain, a password sealed to an encryption key
};

/// The devices' proof, and what they know about the service.
struct Enrolled {
  std::string group;
  crypto::Secret group_key;                    ///< Proof::group_key
  std::optional<crypto::Identity> factory;     ///< Proof::certificate: the group's CA
  crypto::Secret token;                        ///< Proof::token
  std::vector<crypto::Certificate> device_ca;  ///< the issuer of their certificates
  std::vector<crypto::Certificate> anchors;  ///< the anchors of the answers' signer; not for Proof::group_key
};

struct FleetOptions {
  Task task = Task::provision;
  Proof proof = Proof::group_key;
  std::string prefix;  ///< the devices are PREFIX-0, PREFIX-1 ...
  std::size_t count = 0;
  std::size_t sessions = 1;  ///< Task::connect: how many connections each device makes, one after the other
  /// The endpoint that the service gives to devices: with Proof::group_key they sign `connected` over it.
  /// Port 0: they send it plain.
  std::string endpoint_host = "localhost";
  std::uint16_t endpoint_port = 0;
  std::size_t hostile_percent = 0;  ///< of the devices: they attack (bench/hostile.hpp)
  /// The devices belong to so many groups in turn, GROUP-0, GROUP-1 ... with one key; 0: to GROUP.
  std::size_t groups = 0;
};

/// One message of a device, made before the measurement starts.
struct Step {
  std::string packet;  ///< MQTT
  protocol::Channel answered_on = protocol::Channel::response;
};

struct Member {
  std::string id;
  std::string group;
  std::vector<Step> steps;  ///< one after the answer to the other; an attacker sends all at once
  bool is_hostile = false;
  bool is_enrolled = true;  ///< an attacker that is not must get no signed answer
  std::int64_t generation = 1;
  // What a correct answer must match:
  std::string request_id;
  std::string session;  ///< for Task::connect a prefix: a number follows for each connection
  crypto::Bytes spki;   ///< of the CSR
  std::optional<crypto::PrivateKey> key;             ///< of the CSR, for Task::renew
  std::optional<crypto::PrivateKey> encryption_key;  ///< what its password is sealed to
  protocol::Verifier verifier;
};

/// A request for a certificate, as a device makes it now.
[[nodiscard]] protocol::Request certificate_request(const protocol::DeviceId& id, std::string request_id,
                                                    const crypto::PrivateKey& key);

/// Simulated devices with all their messages, keys and signatures made beforehand.
class Fleet {
 public:
  Fleet(const FleetOptions& options, const Enrolled& enrolled);

  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
  [[nodiscard]] std::vector<Member>& members() noexcept { return members_; }
  /// Task::renew, when the journeys are over: what is measured comes next. `answers` are those to the
  /// requests, one for each member. Throws std::runtime_error.
  void renew(const std::vector<std::string>& answers);
  /// The index of the member that a topic belongs to.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view topic) const noexcept;
  /// Checks an answer as a device does, and more: signature, ids, generation, and a certificate's issuer,
  /// subject and key. The error says what is wrong.
  [[nodiscard]] std::expected<void, std::string> check(const Member& member, std::size_t step,
                                                       std::string_view payload) const;

 private:
  [[nodiscard]] Member make(std::size_t number) const;
  [[nodiscard]] std::string group_of(std::size_t number) const;
  void renew(Member& member, const std::string& answer) const;
  void add_request(Member& member, const protocol::DeviceId& id) const;
  /// The encoded request; also stores in `member` what its answer must match.
  [[nodiscard]] std::string request_of(Member& member, const protocol::DeviceId& id) const;
  [[nodiscard]] protocol::Verifier verifier_of(const std::string& id) const;
  [[nodiscard]] bool signs_connected() const noexcept {
    return options_.endpoint_port != 0 && options_.proof == Proof::group_key;
  }
  [[nodiscard]] std::string connected_of(const Member& member, const std::string& session) const;
  void add_status(Member& member, const protocol::DeviceId& id, const std::string& payload) const;

  FleetOptions options_;
  const Enrolled& enrolled_;
  protocol::Topics topics_;
  std::vector<Member> members_;
};

}  // namespace latchkey::bench
