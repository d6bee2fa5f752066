#include "fuzz/crypto_targets.hpp"

#include "crypto/certificate_request.hpp"
#include "crypto/certificate_writing.hpp"
#include "crypto/chain.hpp"
#include "crypto/issued_certificate.hpp"
#include "crypto/mac.hpp"
#include "fuzz/must.hpp"

#include <algorithm>

namespace latchkey::fuzz {
namespace {

using namespace std::chrono_literals;
using crypto::Bytes;
using crypto::ByteView;

// Fixed, so that what a fuzzer found is found again.
constexpr std::string_view key_text = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6D9fkO4BqVmzVUi5
bRxE6W2cLv6M/IBCSgYsd1F9bsChRANCAAQvq/t27pjLs0U5It1kHDUQ4T4QG5ra
EmDQpJLEiYofA2etlIp5UI0omTIzRxAd5hR1bXk+XWM3rkkkaYO5+ixP
-----END PRIVATE KEY-----
)";
constexpr crypto::Time now{std::chrono::sys_days{2026y / 1 / 1}};
constexpr crypto::Validity years{now - 24h, now + 87600h};
constexpr crypto::Serial serial{0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

Bytes copy_of(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

const crypto::PrivateKey& key() {
  static const auto made = crypto::PrivateKey::from_pem(crypto::as_bytes(key_text)).value();
  return made;
}

const crypto::Identity& ca() {
  static const crypto::Identity made = [] {
    const Bytes name = crypto::name_with("Device CA");
    const Bytes extensions = crypto::ca_constraints();
    const crypto::CertificateFields fields{serial, name, years, name, key().public_key(), extensions};
    const Bytes der = crypto::sign_certificate(fields, key()).value();
    return crypto::Identity{crypto::Certificate::from_der(der).value(), key()};
  }();
  return made;
}

crypto::DeviceCertificate meant() {
  return {"12345", key().public_key(), serial, years};
}

const Bytes& issued() {
  static const Bytes made = crypto::Issuer(ca()).issue(meant()).value();
  return made;
}

/// All but the signature, which is not verified, and the lengths that depend on it.
ByteView said_in(ByteView der) {
  const std::size_t signature = crypto::read_issued(der).value().signature.size();
  return der.subspan(4, der.size() - 4 - signature - 3);
}

void agree(const crypto::IssuedCertificate& ours, const crypto::Certificate& theirs) {
  const Bytes number = theirs.serial();
  const ByteView magnitude(number);
  must(std::ranges::equal(ours.serial, magnitude.last(std::min(ours.serial.size(), magnitude.size()))),
       "two serial numbers");
  must(ours.validity.not_before == theirs.not_before(), "two times of beginning");
  must(ours.validity.not_after == theirs.not_after(), "two times of end");
  must(crypto::as_text(ours.common_name) == theirs.common_name(), "two common names");
  const auto issuer = crypto::issuer_name_digest(theirs.der());
  must(issuer && *issuer == crypto::sha256(ours.issuer), "two issuers");
}

}  // namespace

void feed_issued(ByteView input) {
  const auto read = crypto::read_issued(input);
  if (!read) return;
  if (const auto certificate = crypto::Certificate::from_der(input)) agree(*read, *certificate);
  if (crypto::check_issued(input, meant(), ca().certificate))
    must(std::ranges::equal(said_in(input), said_in(issued())),
         "another certificate passes for what was meant");
}

std::vector<Bytes> issued_seeds() {
  return {issued(), copy_of(ca().certificate.der())};
}

void feed_request_for_certificate(ByteView input) {
  const auto request = crypto::CertificateRequest::parse(input);
  if (!request) {
    must(
        request.error().fault == crypto::Fault::malformed || request.error().fault == crypto::Fault::weak_key,
        "an input that is at fault for nothing");
    return;
  }
  const auto again = crypto::PublicKey::from_spki(request->key().spki());
  must(again && again->fingerprint() == request->key().fingerprint(), "a key that is read once only");
  const auto verified = request->verify_self_signature();
  must(verified || verified.error().fault == crypto::Fault::bad_signature,
       "a signature that is no fault of its own");
}

std::vector<Bytes> requests_for_certificates() {
  return {crypto::make_certificate_request(key(), "12345"),
          crypto::make_certificate_request(key(), std::string(64, 'a'))};
}

void feed_certificate(ByteView input) {
  static const auto anchor = crypto::TrustAnchor::from(ca().certificate).value();
  const std::vector<Bytes> chain{copy_of(input)};
  const auto verified = anchor.verify(chain, now);
  static_cast<void>(crypto::verify_answer_signer(input, {ca().certificate}, &now));
  const auto certificate = crypto::Certificate::from_der(input);
  must(certificate || !verified, "a chain of what is no certificate");
  if (!certificate) return;
  must(crypto::issuer_name_digest(input) && crypto::subject_name_digest(input),
       "a certificate without names");
  for (const auto kind : {crypto::NameKind::common_name, crypto::NameKind::dns_name, crypto::NameKind::uri,
                          crypto::NameKind::serial_number}) {
    const auto id = crypto::identity_in(*certificate, kind);
    must(!id || std::ranges::all_of(*id, [](char c) { return c >= ' ' && c <= '~'; }), "a name of odd bytes");
  }
}

std::vector<Bytes> certificates() {
  const auto server = crypto::make_server_identity(ca(), {"broker.example", "192.0.2.1"}, years);
  const auto signer = crypto::make_signing_identity(ca(), "answers", years);
  return {issued(), copy_of(ca().certificate.der()), copy_of(server.certificate.der()),
          copy_of(signer.certificate.der())};
}

}  // namespace latchkey::fuzz
