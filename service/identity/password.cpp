#include "service/identity/password.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

namespace latchkey::service {
namespace {

constexpr std::size_t password_bytes = 24;

}  // namespace

std::optional<crypto::Secret> password_of(const MasterKey& master, const registry::KeyId& master_key,
                                          crypto::ByteView salt, const protocol::DeviceId& id,
                                          std::int64_t generation) {
  const auto key = master.derive_under(master_key, "password v1");
  if (!key) return std::nullopt;
  const std::string nul(1, '\0');
  const std::string info = "provisioning-password v1" + nul + id.text() + nul + std::to_string(generation);
  const auto bytes = crypto::hkdf_sha256(key->view(), salt, crypto::as_bytes(info), password_bytes);
  std::string text = crypto::base64url_encode(bytes.view());
  crypto::Secret password{std::string_view(text)};
  crypto::wipe(text);
  return password;
}

std::string username_of(const protocol::DeviceId& id, std::int64_t generation) {
  return id.text() + "@" + std::to_string(generation);
}

}  // namespace latchkey::service
