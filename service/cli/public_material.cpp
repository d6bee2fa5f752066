#include "service/cli/public_material.hpp"

#include "crypto/chain.hpp"
#include "protocol/jwk.hpp"
#include "service/config/pki_files.hpp"
#include "service/observability/timestamp.hpp"

#include <chrono>

namespace latchkey::cli {
namespace {

/// Reads it into a Secret: it may be a private key by mistake.
Result<crypto::Secret> read(const std::string& file) {
  auto text = crypto::read_secret_file(file);
  if (!text) return fail(exit_code::bad_data, text.error().what);
  return *std::move(text);
}

Result<crypto::Certificate> read_certificate(const std::string& file) {
  const auto text = read(file);
  if (!text) return std::unexpected(text.error());
  const auto certificates = crypto::Certificate::from_pem(text->view());
  if (!certificates) return fail(exit_code::bad_data, file + ": " + certificates.error().what);
  if (certificates->size() == 1) return certificates->front();
  return fail(exit_code::bad_data, file + ": " + std::to_string(certificates->size()) + " certificates",
              "put exactly one certificate into the file");
}

/// The service's own certificates; the error: they cannot be read here.
std::expected<std::vector<crypto::Certificate>, service::Complaints> own_certificates(
    const std::string& config_file) {
  const auto config = service::load_config(service::config_path(config_file), {"pki", "connection"});
  if (!config) return std::unexpected(config.error());
  auto pki = service::load_pki(*config, service::current_time());
  if (!pki) return std::unexpected(pki.error());
  return std::move(pki->own);
}

}  // namespace

Result<crypto::Bytes> read_group_ca(const std::string& file, const std::string& config_file) {
  const auto ca = read_certificate(file);
  if (!ca) return std::unexpected(ca.error());
  if (const auto anchor = crypto::TrustAnchor::from(*ca); !anchor)
    return fail(exit_code::bad_data, file + ": " + anchor.error().what);
  const auto own = own_certificates(config_file);
  if (!own) {
    say("not compared with the service's own CAs: " + own.error().front());
  } else if (const auto why = service::why_not_a_group_ca(*ca, *own)) {
    return fail(exit_code::bad_data, file + ": " + *why);
  }
  return crypto::Bytes(ca->der().begin(), ca->der().end());
}

Result<crypto::Bytes> read_public_key(const std::string& file) {
  const auto text = read(file);
  if (!text) return std::unexpected(text.error());
  const auto first = text->text().find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text->text()[first] == '{') {
    const auto key = protocol::read_public_jwk(text->text());
    if (!key) return fail(exit_code::bad_data, file + ": " + key.error());
    return crypto::Bytes(key->spki().begin(), key->spki().end());
  }
  const auto key = crypto::PublicKey::from_pem(text->view());
  if (!key)
    return fail(exit_code::bad_data, file + ": " + key.error().what,
                "the file must have a PEM block PUBLIC KEY (openssl pkey -pubout) or a JWK");
  return crypto::Bytes(key->spki().begin(), key->spki().end());
}

Result<crypto::Bytes> read_certificate_fingerprint(const std::string& file) {
  const auto certificate = read_certificate(file);
  if (!certificate) return std::unexpected(certificate.error());
  // The service would refuse every request with it.
  if (certificate->is_ca())
    return fail(exit_code::bad_data, file + ": this is the certificate of a CA",
                "give the device's own certificate; `enroll group --ca-file` enrols all devices of a CA");
  if (const auto key = certificate->public_key(); !key)
    return fail(exit_code::bad_data, file + ": " + key.error().what);
  if (certificate->not_after() < service::current_time())
    return fail(exit_code::bad_data, file + ": the certificate has expired",
                "enrol the certificate that the device uses now");
  const auto fingerprint = certificate->fingerprint();
  return crypto::Bytes(fingerprint.begin(), fingerprint.end());
}

}  // namespace latchkey::cli
