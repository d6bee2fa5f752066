#pragma once

#include "crypto/key.hpp"
#include "device/folder.hpp"
#include "device/records.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey::device {

/// The same place, trusted by the same anchors.
[[nodiscard]] bool is_same(const protocol::Connection& a, const protocol::Connection& b);

/// The request that waits for an answer, and the private keys made for it.
struct OpenRequest {
  std::string id;
  std::int64_t renews = 0;                ///< the generation that proves it; 0: the factory's proof
  std::optional<crypto::PrivateKey> key;  ///< of the certificate asked for; nothing: a password
  std::optional<crypto::PrivateKey> encryption_key;  ///< opens the secrets of the answer
};

/// What `accepted` gave and the device keeps.
struct NewCredential {
  const protocol::Acceptance& accepted;
  std::optional<crypto::Secret> password;  ///< there if the credential is one
  AnsweredBy answered_by = AnsweredBy::service;
};

/// By mutual TLS. The certificate belongs to the key.
struct StoredCertificate {
  crypto::Certificate certificate;
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
};
/// By `record.username` and the one line of a file.
struct StoredPassword {
  std::filesystem::path password_file;
};

/// A credential of the folder, complete: its files are there and fit together.
struct StoredCredential {
  CredentialRecord record;
  std::variant<StoredCertificate, StoredPassword> login;
  std::optional<crypto::PrivateKey> encryption_key;  ///< opens the secrets of its configurations

  /// Null if it is a password.
  [[nodiscard]] const StoredCertificate* certificate() const noexcept {
    return std::get_if<StoredCertificate>(&login);
  }
};

/// The proof of a request that replaces this credential; nothing if it is a password, which signs nothing, or
/// its key cannot be read.
[[nodiscard]] std::optional<RenewalProof> renewal_proof(const StoredCredential& credential);

/// Is the credential what this request asked for? A certificate for its key, or a password that could be
/// opened.
[[nodiscard]] bool fits_request(const OpenRequest& request, const NewCredential& given);

/// What a device remembers. Its folder:
///
///     request.json, request-key.pem,                 the open request
///         request-encryption-key.pem
///     credential-<generation>/connection.json,       a credential and where to connect with it;
///         key.pem, certificate.pem | password,       a newer one beside the one in use until it has worked
///         encryption-key.pem
///     config.json                                    the newest configuration, and whether it is applied
///     clock.json                                     the greatest server_time seen
///
/// Each function is durable when it returns, and power may go at any point within one: the file written last
/// (or removed first) is the one that makes the others count.
class Store {
 public:
  /// Refuses a folder that belongs to another device.
  [[nodiscard]] static std::expected<Store, std::string> open(const std::filesystem::path& path,
                                                              std::string_view device_id);

  [[nodiscard]] std::optional<OpenRequest> open_request() const;
  [[nodiscard]] std::expected<void, std::string> keep_request(const OpenRequest& request) const;
  [[nodiscard]] std::expected<void, std::string> drop_request() const;

  /// Newest first.
  [[nodiscard]] std::vector<StoredCredential> credentials() const;
  /// Stores it beside what is there. `fits_request` must hold.
  [[nodiscard]] std::expected<StoredCredential, std::string> keep_credential(
      const OpenRequest& request, const NewCredential& given) const;
  /// A new place to connect to, tried before the one that worked. False if there is nothing new in it.
  [[nodiscard]] std::expected<bool, std::string> keep_connection(
      std::int64_t generation, const protocol::Connection& connection) const;
  /// This credential worked over this connection: older credentials, the connection that this one replaced,
  /// and the request that it answered go.
  [[nodiscard]] std::expected<void, std::string> settle(std::int64_t generation,
                                                        const protocol::Connection& connection) const;

  [[nodiscard]] std::optional<ConfigRecord> config() const;
  /// Received and not applied. Kept only if it is newer than the one known.
  [[nodiscard]] std::expected<void, std::string> keep_config(const ConfigRecord& received) const;
  /// The one known is in force.
  [[nodiscard]] std::expected<void, std::string> config_applied() const;

  /// The configuration's JSON as a file of its own, for a program that is to apply it.
  [[nodiscard]] std::expected<std::filesystem::path, std::string> write_candidate(
      const ConfigRecord& config) const;
  [[nodiscard]] std::expected<void, std::string> drop_candidate() const;

  [[nodiscard]] std::optional<std::int64_t> server_time() const;
  /// Kept only if it is later than the one known.
  [[nodiscard]] std::expected<void, std::string> keep_server_time(std::int64_t server_time) const;

  /// Those that came with connections, DER; empty while the factory's hold.
  [[nodiscard]] std::vector<crypto::Bytes> learned_anchors() const;
  /// The broker's anchors as the file that a TLS library wants.
  [[nodiscard]] std::expected<std::filesystem::path, std::string> write_anchors(
      const std::string& name, const std::vector<crypto::Bytes>& anchors) const;

 private:
  Store(Folder folder, std::string_view device_id) : folder_(std::move(folder)), device_id_(device_id) {}
  [[nodiscard]] std::optional<CredentialRecord> record_of(const std::string& name) const;
  [[nodiscard]] std::optional<StoredCredential> credential(const std::string& name) const;
  [[nodiscard]] std::expected<void, std::string> write_connections(const CredentialRecord& record) const;
  [[nodiscard]] std::expected<void, std::string> write_login(const std::filesystem::path& folder,
                                                             const OpenRequest& request,
                                                             const NewCredential& given) const;
  [[nodiscard]] std::optional<crypto::PrivateKey> read_key(const std::filesystem::path& name) const;
  [[nodiscard]] std::expected<void, std::string> write_key(
      const std::filesystem::path& name, const std::optional<crypto::PrivateKey>& key) const;
  [[nodiscard]] std::expected<void, std::string> drop_older(std::int64_t generation) const;
  [[nodiscard]] std::expected<void, std::string> drop_credential(const std::string& name) const;
  [[nodiscard]] std::string foreign_owner() const;

  Folder folder_;
  std::string device_id_;
};

}  // namespace latchkey::device
