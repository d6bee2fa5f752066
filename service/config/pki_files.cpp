#include "service/config/pki_files.hpp"

#include <algorithm>
#include <optional>

namespace latchkey::service {
namespace {

using crypto::Certificate;

/// Collects errors and goes on, so that all are listed.
class Loader {
 public:
  std::vector<Certificate> certificates(std::string_view option, const std::string& path) {
    if (path.empty()) return {};  // check_settings reports a required file without a path
    const auto pem = crypto::read_secret_file(path);
    if (!pem) return complain(option, pem.error().what);
    auto found = Certificate::from_pem(pem->view());
    if (!found) return complain(option, path + ": " + found.error().what);
    return *std::move(found);
  }
  std::optional<crypto::Identity> identity(std::string_view option, const std::string& certificate,
                                           const std::string& key) {
    auto found = crypto::load_identity(certificate, key);
    if (found) return *std::move(found);
    complain(option, found.error().what);
    return std::nullopt;
  }
  std::vector<Certificate> complain(std::string_view option, std::string_view what) {
    complaints.push_back(std::string(option) + ": " + std::string(what));
    return {};
  }
  Complaints complaints;
};

PkiCertificates load_certificates(const Config& config, Loader& loader) {
  PkiCertificates found;
  found.device_ca = loader.certificates("pki.device_ca_file", config.pki.device_ca_file);
  found.signing = loader.certificates("pki.signing_certificate_file", config.pki.signing_certificate_file);
  if (!config.connection.ca_file.empty())
    found.anchors = loader.certificates("connection.ca_file", config.connection.ca_file);
  return found;
}

std::vector<crypto::Bytes> encoded(const std::vector<Certificate>& certificates, bool with_roots) {
  std::vector<crypto::Bytes> all;
  for (const Certificate& certificate : certificates) {
    if (with_roots || !certificate.issued_by(certificate))
      all.emplace_back(certificate.der().begin(), certificate.der().end());
  }
  return all;
}

std::vector<Certificate> all_of(const PkiCertificates& certificates) {
  std::vector<Certificate> all = certificates.device_ca;
  all.insert(all.end(), certificates.signing.begin(), certificates.signing.end());
  all.insert(all.end(), certificates.anchors.begin(), certificates.anchors.end());
  return all;
}

// Answers are signed by ES256 only (docs/protocol.md, 3).
void check_signing_key(const crypto::Identity& signing, Loader& loader) {
  if (signing.key.algorithm() != crypto::Algorithm::es256)
    loader.complain("pki.signing_key_file", "the key that signs answers must be on the curve P-256");
}

}  // namespace

std::expected<Pki, Complaints> load_pki(const Config& config, crypto::Time now) {
  Loader loader;
  const PkiCertificates certificates = load_certificates(config, loader);
  const auto previous = config.crl.previous_ca_file.empty()
                            ? std::vector<Certificate>()
                            : loader.certificates("crl.previous_ca_file", config.crl.previous_ca_file);
  std::optional<crypto::Identity> device_ca;
  std::optional<crypto::Identity> signing;
  if (!certificates.device_ca.empty())
    device_ca =
        loader.identity("pki.device_ca_key_file", config.pki.device_ca_file, config.pki.device_ca_key_file);
  if (!certificates.signing.empty())
    signing = loader.identity("pki.signing_key_file", config.pki.signing_certificate_file,
                              config.pki.signing_key_file);
  if (signing) check_signing_key(*signing, loader);
  std::ranges::copy(check_pki(certificates, now), std::back_inserter(loader.complaints));
  if (!device_ca || !signing || !loader.complaints.empty())
    return std::unexpected(std::move(loader.complaints));
  std::vector<Certificate> own = all_of(certificates);
  std::ranges::copy(previous, std::back_inserter(own));
  auto kept = std::make_unique<const crypto::Identity>(*std::move(signing));
  return Pki{crypto::Issuer(*std::move(device_ca)), std::move(kept), encoded(certificates.device_ca, false),
             encoded(certificates.anchors, true), std::move(own)};
}

}  // namespace latchkey::service
