#include "device/signed_connected.hpp"

namespace latchkey::device {

std::expected<std::string, std::string> sign_connected(const OwnProof& proof,
                                                       const StoredCredential& credential,
                                                       const protocol::Connection& connection,
                                                       const protocol::StatusMessage& connected) {
  const auto payload = protocol::encode_signed_status(connected, credential.record.device_id, connection);
  if (const auto* symmetric = std::get_if<KeyProof>(&proof))
    return protocol::sign_status(payload, symmetric->key.view(), symmetric->group);
  if (const auto* stored = std::get_if<StoredPassword>(&credential.login)) {
    const auto password = crypto::read_line_file(stored->password_file);
    if (!password) return std::unexpected(password.error().what);
    return protocol::sign_status(payload, protocol::status_key(password->view()).view(),
                                 credential.record.username);
  }
  const auto certified = renewal_proof(credential);
  if (!certified) return std::unexpected("the key of the certificate cannot be read");
  return protocol::sign_status(payload, certified->key, certified->certificate);
}

}  // namespace latchkey::device
