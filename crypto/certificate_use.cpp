#include "crypto/certificate.hpp"
#include "crypto/fail.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

Error about(const std::filesystem::path& path, const Error& error) {
  return {error.fault, path.string() + ": " + error.what};
}

/// Every private key of a PEM text; at least one.
Result<std::vector<PrivateKey>> all_keys(std::string_view pem) {
  constexpr std::string_view end = "-----END ";
  std::vector<PrivateKey> keys;
  do {
    const std::size_t stop = pem.find(end);
    const std::size_t size = stop == std::string_view::npos ? pem.size() : pem.find('\n', stop);
    Result<PrivateKey> key = PrivateKey::from_pem(as_bytes(pem.substr(0, size)));
    if (!key) return std::unexpected(std::move(key.error()));
    keys.push_back(*std::move(key));
    pem.remove_prefix(std::min(size, pem.size()));
  } while (pem.find("-----BEGIN ") != std::string_view::npos);
  return keys;
}

}  // namespace

Result<Identity> load_identity(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const Result<Secret> certificate_text = read_secret_file(certificate);
  if (!certificate_text) return std::unexpected(certificate_text.error());
  const Result<Secret> key_text = read_secret_file(key);
  if (!key_text) return std::unexpected(key_text.error());
  Result<std::vector<Certificate>> chain = Certificate::from_pem(certificate_text->view());
  if (!chain) return std::unexpected(about(certificate, chain.error()));
  Result<PrivateKey> private_key = PrivateKey::from_pem(key_text->view());
  if (!private_key) return std::unexpected(about(key, private_key.error()));
  const Result<PublicKey> certified = chain->front().public_key();
  if (!certified) return std::unexpected(about(certificate, certified.error()));
  if (!std::ranges::equal(certified->spki(), private_key->public_key().spki())) {
    return fail(Fault::refused, key.string() + " is not the key of " + certificate.string());
  }
  return Identity{std::move(chain->front()), *std::move(private_key)};
}

Result<std::vector<Identity>> load_identities(const std::filesystem::path& certificates,
                                              const std::filesystem::path& keys) {
  const Result<Secret> certificate_text = read_secret_file(certificates);
  if (!certificate_text) return std::unexpected(certificate_text.error());
  const Result<Secret> key_text = read_secret_file(keys);
  if (!key_text) return std::unexpected(key_text.error());
  Result<std::vector<Certificate>> all = Certificate::from_pem(certificate_text->view());
  if (!all) return std::unexpected(about(certificates, all.error()));
  const Result<std::vector<PrivateKey>> private_keys = all_keys(key_text->text());
  if (!private_keys) return std::unexpected(about(keys, private_keys.error()));
  std::vector<Identity> identities;
  for (Certificate& certificate : *all) {
    const Result<PublicKey> certified = certificate.public_key();
    if (!certified) return std::unexpected(about(certificates, certified.error()));
    const auto key = std::ranges::find(*private_keys, certified->fingerprint(), [](const PrivateKey& each) {
      return each.public_key().fingerprint();
    });
    if (key == private_keys->end())
      return fail(Fault::refused, keys.string() + " has no key of " + certificate.common_name());
    identities.push_back({std::move(certificate), *key});
  }
  return identities;
}

Result<PublicKey> verify_answer_signer(ByteView der, const std::vector<Certificate>& anchors,
                                       const Time* now) {
  const Result<Certificate> signer = Certificate::from_der(der);
  if (!signer) return std::unexpected(signer.error());
  if (!signer->signs_answers()) return fail(Fault::refused, "the signer is not meant for answers");
  if (now != nullptr && (*now < signer->not_before() || *now > signer->not_after())) {
    return fail(Fault::refused, "the signer is outside its validity");
  }
  const auto issued = [&](const Certificate& anchor) { return anchor.is_ca() && signer->issued_by(anchor); };
  if (std::ranges::none_of(anchors, issued)) return fail(Fault::refused, "no anchor issued the signer");
  return signer->public_key();
}

}  // namespace latchkey::crypto
