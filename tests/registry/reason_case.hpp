#pragma once

#include "crypto/mac.hpp"
#include "protocol/signer.hpp"
#include "registry/reason.hpp"
#include "serving.hpp"
#include "support/catch.hpp"

#include <map>

// What happens to one device: it is enrolled, asks, and is answered by the real pipeline.
namespace latchkey::test {

inline constexpr std::string_view own_key = "a key of one device, of 32 bytes";
inline constexpr std::string_view group_key = "the key of a group, of 32 bytes.";

/// Matching it takes longer than anybody waits.
inline constexpr std::string_view slow_pattern =
    R"((.*.)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)\1)";

/// One of the keys that devices have here, by number.
[[nodiscard]] inline const crypto::PrivateKey& device_key_no(std::size_t n) {
  static const std::array keys = {crypto::PrivateKey::generate_p256(), crypto::PrivateKey::generate_p256()};
  return keys.at(n);
}

/// A device that is named like the reason that it is to get, and a group of that name.
struct ReasonCase {
  ReasonCase(Database& made, registry::Reason reason)
      : database(made), id(registry::row_of(reason).id), request(request_of(id)) {}

  [[nodiscard]] static protocol::Request request_of(const std::string& device) {
    return {.request_id = request_id(device),
            .device_id = id_of(device),
            .credential = protocol::CredentialType::x509,
            .csr = crypto::make_certificate_request(device_key_no(0), "ignored"),
            .issued_at = this_second().time_since_epoch().count(),
            .nonce = {},
            .encryption_key = {}};
  }
  [[nodiscard]] static std::string hex(crypto::ByteView bytes) {
    return "'\\x" + crypto::to_hex(bytes) + "'";
  }

  void act(const std::string& call) {
    INFO(call);
    CHECK(database.refusal("SELECT registry." + call, Login::ops).message.empty());
  }
  /// Of the owner: what no operator can do. `of` is completed by a condition on the device.
  void change(const std::string& of) { database.run(of + " WHERE device_id = '" + id + "'"); }

  void enroll(const std::string& proof, crypto::ByteView material) {
    act("enroll_device('" + id + "', '" + proof + "', " + hex(material) + ")");
  }
  void enroll_own_key() { enroll("symmetric_key", master().seal("device:" + id, crypto::as_bytes(own_key))); }
  void enroll_public_key(const crypto::PrivateKey& key) { enroll("public_key", key.public_key().spki()); }
  /// `policy`: named arguments.
  void enroll_group(const std::string& proof, crypto::ByteView material, const std::string& policy = {}) {
    act("enroll_group('" + id + "', '" + proof + "', " + hex(material) + (policy.empty() ? "" : ", ") +
        policy + ")");
  }
  void enroll_group_key(const std::string& policy = {}) {
    enroll_group("symmetric_key", master().seal("group:" + id, crypto::as_bytes(group_key)), policy);
  }
  [[nodiscard]] std::string token() const { return "the-token-of-" + id; }
  void enroll_token(const std::string& policy = {}) {
    enroll_group("token", crypto::sha256(crypto::as_bytes(token())), policy);
  }

  [[nodiscard]] Serving& serving() {
    if (!running) running = std::make_unique<Serving>(database.options(Login::service));
    return *running;
  }
  void ask(std::string payload) { serving().request(id, std::move(payload)); }
  [[nodiscard]] std::string payload() const {
    return std::string(protocol::encode_request(request, nullptr).text());
  }
  [[nodiscard]] std::string by_mac(crypto::ByteView key, const std::optional<std::string>& kid = {}) const {
    return protocol::sign_request(payload(), key, kid);
  }
  [[nodiscard]] std::string signed_by(const crypto::PrivateKey& key,
                                      const protocol::RequestHeader& header = {}) const {
    return protocol::sign_request(payload(), key, header);
  }
  void ask_by_own_key() { ask(by_mac(crypto::as_bytes(own_key))); }
  void ask_in_group() { ask(by_mac(protocol::device_key(crypto::as_bytes(group_key), id).view(), id)); }
  void ask_by_token(const std::string& text) {
    const crypto::Secret secret{std::string_view(text)};
    ask(std::string(protocol::encode_request(request, &secret).text()));
  }
  void ask_by_token() { ask_by_token(token()); }
  void ask_with_chain(const crypto::PrivateKey& key, const crypto::Bytes& leaf, std::string_view kid = {});
  /// Under its first certificate.
  void renew(const crypto::PrivateKey& key);
  void registered_by_own_key() {
    enroll_own_key();
    ask_by_own_key();
  }
  void another_request() { request.request_id = request_id(id + " again"); }
  void wants_password() { request.credential = protocol::CredentialType::password; }

  Database& database;
  std::string id;
  protocol::Request request;
  std::unique_ptr<Serving> running;
};

/// How each reason comes about.
using MadeReasons = std::map<registry::Reason, void (*)(ReasonCase&)>;
[[nodiscard]] const MadeReasons& reasons_before_the_look_up();
[[nodiscard]] const MadeReasons& reasons_of_proofs();
[[nodiscard]] const MadeReasons& reasons_of_certificates();
[[nodiscard]] const MadeReasons& reasons_of_what_is_asked_for();
[[nodiscard]] const MadeReasons& reasons_of_admission();
[[nodiscard]] const MadeReasons& reasons_of_rows();
[[nodiscard]] const MadeReasons& reasons_of_statuses();

}  // namespace latchkey::test
