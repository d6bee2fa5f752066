#include "crypto/certificate.hpp"
#include "crypto/fail.hpp"

#include <algorithm>

namespace latchkey::crypto {
namespace {

Error about(const std::filesystem::path& path, const Error& error) {
  return {error.fault, path.string() + ": " + error.what};
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
