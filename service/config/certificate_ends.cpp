#include "service/config/certificate_ends.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

constexpr std::chrono::days longest_notice{180};
constexpr std::chrono::days default_lifetime{90};  // the default of enroll_group

struct Role {
  std::string_view role;
  std::string_view name;
  std::string_view then;
  std::string_view todo;
};

constexpr Role device_ca{
    "device_ca", "the device CA",
    "no certificate is issued, all certificates that it signed have expired, and no device can connect",
    "make a new device CA, let the broker trust both, then change pki.device_ca_file and restart every "
    "replica"};
constexpr Role signing{"signing", "the signing certificate",
                       "devices accept no answer, and the service does not start",
                       "issue a new signing certificate by the same anchor, install it and restart every "
                       "replica; devices do not change"};
constexpr Role anchor{
    "anchor", "the anchor",
    "devices that have no other anchor trust neither broker nor answers, and the service does not start",
    "make a new anchor, send both to the devices by connection.ca_file while the old one is valid, then sign "
    "under the new one"};

void add(std::vector<CertificateEnd>& all, const Role& role, const std::string& file) {
  if (file.empty()) return;
  const auto pem = crypto::read_secret_file(file);
  if (!pem) return;
  for (const auto& each :
       crypto::Certificate::from_pem(pem->view()).value_or(std::vector<crypto::Certificate>())) {
    const auto notice =
        std::min<std::chrono::seconds>(longest_notice, (each.not_after() - each.not_before()) / 3);
    all.push_back({role.role, role.name, file, each, each.not_after() - notice, role.then, role.todo});
  }
}

}  // namespace

std::vector<CertificateEnd> certificate_ends(const Config& config) {
  std::vector<CertificateEnd> all;
  add(all, device_ca, config.pki.device_ca_file);
  add(all, signing, config.pki.signing_certificate_file);
  add(all, anchor, config.connection.ca_file);
  return all;
}

crypto::Time shortens_from(const crypto::Certificate& ca) {
  return ca.not_after() - default_lifetime;
}

}  // namespace latchkey::service
