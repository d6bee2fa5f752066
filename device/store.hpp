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

/// True if both have the same address and anchors, whatever the rights are.
[[nodiscard]] bool is_same(const protocol::Connection& a, const protocol::Connection& b);

/// The request that waits for an answer, with its private keys.
struct OpenRequest {
  std::string id;
  std::int64_t renews = 0;  ///< the generation whose certificate proves it; 0: the factory's proof
  std::optional<crypto::PrivateKey> key;             ///< for the requested certificate; nothing: a password
  std::optional<crypto::PrivateKey> encryption_key;  ///< decrypts the secrets of the answer
};

/// The content of an `accepted` answer that the device stores.
struct NewCredential {
  const protocol::Acceptance& accepted;
  std::optional<crypto::Secret> password;  ///< set if the credential is a password
  AnsweredBy answered_by = AnsweredBy::service;
};

/// Login by mutual TLS. The certificate belongs to the key.
struct StoredCertificate {
  crypto::Certificate certificate;
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
};
/// Login by `record.username` and the password in a file of one line.
struct StoredPassword {
  std::filesystem::path password_file;
};

/// A complete credential: all its files exist and belong together.
struct StoredCredential {
  CredentialRecord record;
  std::variant<StoredCertificate, StoredPassword> login;
  std::optional<crypto::PrivateKey> encryption_key;  ///< decrypts the secrets of its configurations

  /// Null for a password.
  [[nodiscard]] const StoredCertificate* certificate() const noexcept {
    return std::get_if<StoredCertificate>(&login);
  }
};

/// The proof to renew this credential; nothing for a password, which cannot sign, or if the key cannot be
/// read.
[[nodiscard]] std::optional<RenewalProof> renewal_proof(const StoredCredential& credential);

/// True if the credential answers this request: a certificate for its key, or a password that could be
/// decrypted.
[[nodiscard]] bool fits_request(const OpenRequest& request, const NewCredential& given);

/// The persistent state of a device, in its folder:
///
///     request.json, request-key.pem,                 the open request
///         request-encryption-key.pem
///     credential-<generation>/connection.json,       a credential and where to connect with it;
///         key.pem, certificate.pem | password,       a newer one beside the one in use until it is confirmed
///         encryption-key.pem
///     config.json                                    the newest configuration, and whether it is applied
///     clock.json                                     the greatest server_time seen
///
/// Each function is durable when it returns and safe against power failure at any point: the file that is
/// written last (or removed first) decides whether the others are valid.
class Store {
 public:
  /// Fails for the folder of another device.
  [[nodiscard]] static std::expected<Store, std::string> open(const std::filesystem::path& path,
                                                              std::string_view device_id);

  [[nodiscard]] std::optional<OpenRequest> open_request() const;
  [[nodiscard]] std::expected<void, std::string> keep_request(const OpenRequest& request) const;
  [[nodiscard]] std::expected<void, std::string> drop_request() const;

  /// Newest first.
  [[nodiscard]] std::vector<StoredCredential> credentials() const;
  /// Stores it beside existing credentials. `fits_request` must be true.
  [[nodiscard]] std::expected<StoredCredential, std::string> keep_credential(
      const OpenRequest& request, const NewCredential& given) const;
  /// Stores a new connection, which is tried before the one that worked. False if it is known already; then
  /// its rights are stored.
  [[nodiscard]] std::expected<bool, std::string> keep_connection(
      std::int64_t generation, const protocol::Connection& connection) const;
  /// Call when this credential has worked with this connection: deletes the replaced connection, and the
  /// request that the credential answered.
  [[nodiscard]] std::expected<void, std::string> note_worked(std::int64_t generation,
                                                             const protocol::Connection& connection) const;
  /// Deletes older credentials. Call when the service has confirmed this one: until then another may be the
  /// only one that it accepts.
  [[nodiscard]] std::expected<void, std::string> drop_older(std::int64_t generation) const;

  [[nodiscard]] std::optional<ConfigRecord> config() const;
  /// Stores a received configuration as not applied, if it is newer than the stored one.
  [[nodiscard]] std::expected<void, std::string> keep_config(const ConfigRecord& received) const;
  /// Marks the stored configuration as applied.
  [[nodiscard]] std::expected<void, std::string> config_applied() const;

  /// Writes the configuration's JSON to a file for the program that applies it.
  [[nodiscard]] std::expected<std::filesystem::path, std::string> write_candidate(
      const ConfigRecord& config) const;
  [[nodiscard]] std::expected<void, std::string> drop_candidate() const;

  [[nodiscard]] std::optional<std::int64_t> server_time() const;
  /// Stores it if it is later than the stored one.
  [[nodiscard]] std::expected<void, std::string> keep_server_time(std::int64_t server_time) const;

  /// Anchors received with connections, DER; empty while the factory's are valid.
  [[nodiscard]] std::vector<crypto::Bytes> learned_anchors() const;
  /// Writes the broker's anchors to a PEM file for the TLS library.
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
  [[nodiscard]] std::expected<void, std::string> drop_credential(const std::string& name) const;
  [[nodiscard]] std::string foreign_owner() const;

  Folder folder_;
  std::string device_id_;
};

}  // namespace latchkey::device
