#pragma once

#include "crypto/certificate.hpp"
#include "protocol/answer.hpp"
#include "protocol/configuration.hpp"
#include "protocol/request.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::small {

using Json = nlohmann::json;

/// How a device proves itself, and what it gets.
struct Proof {
  enum class Kind { key, private_key, chain, token };
  Kind kind = Kind::key;
  bool wants_password = false;
  bool has_encryption_key = true;
};

/// The service as one device sees it (docs/protocol.md, 2 to 6), by this project's own readers and writers.
/// Anything that it gets and does not expect is an exception.
class PlayedService {
 public:
  explicit PlayedService(const Proof& proof);

  struct Credential {
    std::string request_id;
    std::string leaf;  ///< DER; empty: a password
    crypto::Bytes spki;
    std::string username, password;
    std::optional<protocol::EncryptionKey> encryption_key;
    bool by_service = true;  ///< how its answer was signed
    bool is_live = true;
    std::int64_t not_after = 0;
  };

  /// The answer to a request; empty: none.
  [[nodiscard]] std::string answer(std::string_view request);
  /// The configuration message that answers a status; empty: none.
  [[nodiscard]] std::string hear(std::string_view status);
  /// A configuration message that nobody asked for.
  [[nodiscard]] std::string push();

  /// What a test answers by itself: an answer of this status to the last request, and its signature.
  [[nodiscard]] Json answer_of(std::string_view status) const;
  [[nodiscard]] std::string sign_answer(const Json& answer) const;
  [[nodiscard]] std::string sign(std::string_view type, std::string_view payload, bool by_service) const;
  /// Reads a request, and does not answer it.
  void note(std::string_view request);
  std::string last_request_id, last_nonce;
  std::int64_t told_size = 0;  ///< max_message_bytes of the last signed request

  /// The device was switched off and on: it does not know its last session.
  void on_power_cut() { told_session_.clear(); }

  /// May it log in at this broker, and as which generation? 0: no.
  [[nodiscard]] std::int64_t generation_of(std::string_view leaf, std::string_view username,
                                           std::string_view password) const;

  void set_config(Json config) {
    config_ = std::move(config);
    ++config_version_;
  }
  void move_to(const std::string& host) {
    host_ = host;
    ++config_version_;
  }
  /// Connections carry no anchors any more: the device keeps those that it has.
  void omit_anchors() { omits_anchors_ = true; }
  /// From now on each configuration that is not acknowledged comes with them.
  void set_rights(std::vector<std::string> publish, std::vector<std::string> subscribe) {
    publish_ = std::move(publish);
    subscribe_ = std::move(subscribe);
    tells_rights_ = true;
    ++config_version_;
  }
  /// Connections carry a second anchor from now on ...
  void announce_anchor();
  [[nodiscard]] std::string announced_anchor() const;
  /// ... which signs from now on.
  void use_announced_anchor();

  [[nodiscard]] bool is_ready() const { return is_ready_ && applied_ == config_version_; }
  [[nodiscard]] std::int64_t confirmed() const { return confirmed_; }
  [[nodiscard]] std::int64_t newest() const {
    return credentials_.empty() ? 0 : credentials_.rbegin()->first;
  }
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] const crypto::Identity& anchor() const { return anchor_; }
  [[nodiscard]] const std::set<std::string>& hosts_used() const { return hosts_used_; }
  /// The broker over which the device speaks now.
  std::string connected_host;
  std::int64_t now = 1'800'000'000;
  bool counts_signed = true;      ///< false: a signed status counts no more than a plain one
  bool has_nonce_always = false;  ///< asks for a nonce whatever the device's clock says

  static constexpr std::string_view device_id = "meter-7";
  static constexpr std::string_view group = "meters";
  [[nodiscard]] const crypto::Secret& key() const { return key_; }
  [[nodiscard]] const crypto::PrivateKey& private_key() const { return private_key_; }
  [[nodiscard]] const std::vector<crypto::Bytes>& chain() const { return chain_; }
  static constexpr std::string_view token = "a-token-of-24-characters";

 private:
  [[nodiscard]] std::int64_t prove(const protocol::ReceivedRequest& received);
  void prove_signature(const protocol::SignatureProof& proof, std::int64_t renews) const;
  [[nodiscard]] protocol::Signer signer(bool by_service) const;
  /// Without the members of one status.
  [[nodiscard]] protocol::Answer answer_to(const protocol::Request& request, protocol::Status status) const;
  [[nodiscard]] protocol::Answer accept(const protocol::Request& request, bool by_service);
  [[nodiscard]] Credential issue(const protocol::Request& request, std::int64_t generation);
  [[nodiscard]] protocol::Acceptance acceptance_of(const Credential& credential, std::int64_t generation);
  [[nodiscard]] std::string seal(const Credential& credential, const Json& secrets) const;
  [[nodiscard]] protocol::Connection connection() const;
  [[nodiscard]] bool is_signed_by_live(std::string_view status, Json& body);
  void check_signature(std::string_view jws, const Credential& credential) const;
  void confirm(std::int64_t generation);
  void retire_below(std::int64_t generation);

  Proof proof_;
  crypto::Secret key_;
  crypto::PrivateKey private_key_;
  crypto::Identity anchor_, signer_;
  crypto::Issuer issuer_;
  std::vector<crypto::Bytes> chain_;
  std::optional<crypto::Identity> next_anchor_;
  std::map<std::int64_t, Credential> credentials_;
  std::int64_t confirmed_ = 0, session_generation_ = 0;
  std::string told_session_, previous_;  ///< of each `connected`, counted or not
  std::string session_, host_ = "one.example", nonce_;
  std::set<std::string> ended_sessions_, hosts_used_;
  std::vector<std::string> publish_, subscribe_;
  bool tells_rights_ = false;
  bool omits_anchors_ = false;
  Json config_ = Json::object();
  std::int64_t config_version_ = 1, applied_ = 0;
  bool is_ready_ = false;
  int nonces_ = 0;
};

}  // namespace latchkey::small
