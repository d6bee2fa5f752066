#include "crypto/certificate.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"
#include "crypto/pem.hpp"
#include "crypto/signature.hpp"

#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <optional>

namespace latchkey::crypto {
namespace {

using openssl::failed;
using Usages = openssl::Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using AlternativeNames = openssl::Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

std::optional<Time> time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{fields.tm_year + 1900},
                                         std::chrono::month{static_cast<unsigned>(fields.tm_mon + 1)},
                                         std::chrono::day{static_cast<unsigned>(fields.tm_mday)}};
  return std::chrono::sys_days{date} + std::chrono::hours{fields.tm_hour} +
         std::chrono::minutes{fields.tm_min} + std::chrono::seconds{fields.tm_sec};
}

// Parses every field once, so that no accessor can fail later. OpenSSL also accepts BER that is not DER;
// comparing the re-encoded certificate with the input detects that.
Result<void> check(X509* certificate, ByteView der) {
  if (!std::ranges::equal(openssl::encoded<i2d_X509>(certificate), der)) {
    return fail(Fault::malformed, "certificate is not DER");
  }
  if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0) {
    return failed(Fault::malformed, "certificate has invalid extensions");
  }
  if (!time_of(X509_get0_notBefore(certificate)) || !time_of(X509_get0_notAfter(certificate))) {
    return failed(Fault::malformed, "certificate has invalid times");
  }
  return {};
}

bool has_flags(X509* certificate, std::uint32_t flags) {
  return (X509_get_extension_flags(certificate) & flags) == flags;
}

// OpenSSL returns nothing for an extension that occurs twice.
bool has_answer_usage(X509* certificate) {
  int critical = 0;
  const Usages usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, nullptr)));
  if (!usages || critical != 1 || sk_ASN1_OBJECT_num(usages.get()) != 1) return false;
  std::array<char, 80> dotted{};
  const int size = OBJ_obj2txt(dotted.data(), dotted.size(), sk_ASN1_OBJECT_value(usages.get(), 0), 1);
  return size > 0 && answer_signing_usage == dotted.data();
}

bool has_answer_name(X509* certificate) {
  const AlternativeNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names || sk_GENERAL_NAME_num(names.get()) != 1) return false;
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type != GEN_URI) return false;
  const ASN1_STRING* uri = name->d.uniformResourceIdentifier;
  return as_text({ASN1_STRING_get0_data(uri), static_cast<std::size_t>(ASN1_STRING_length(uri))}) ==
         answer_signing_name;
}

}  // namespace

Certificate::Certificate(std::shared_ptr<X509> handle, Bytes der)
    : handle_(std::move(handle)), der_(std::move(der)) {}

Result<Certificate> Certificate::from_der(ByteView der) {
  if (der.size() > INT_MAX) return fail(Fault::malformed, "certificate too long");
  const std::uint8_t* end = der.data();
  std::shared_ptr<X509> handle(d2i_X509(nullptr, &end, static_cast<long>(der.size())), X509_free);
  if (!handle) return failed(Fault::malformed, "not a certificate");
  if (Result<void> checked = check(handle.get(), der); !checked)
    return std::unexpected(std::move(checked.error()));
  return Certificate(std::move(handle), Bytes(der.begin(), der.end()));
}

Result<std::vector<Certificate>> Certificate::from_pem(ByteView pem) {
  const Result<std::vector<PemBlock>> blocks = read_pem(pem);
  if (!blocks) return std::unexpected(blocks.error());
  std::vector<Certificate> certificates;
  for (const PemBlock& block : *blocks) {
    if (block.label != "CERTIFICATE") continue;
    Result<Certificate> certificate = from_der(block.der.view());
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    certificates.push_back(*std::move(certificate));
  }
  if (certificates.empty()) return fail(Fault::malformed, "no certificate in the PEM text");
  return certificates;
}

std::string Certificate::to_pem() const {
  constexpr std::size_t line_width = 64;  // RFC 7468, 2
  const std::string text = base64_encode(der_);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += line_width)
    pem.append(text, at, line_width).push_back('\n');
  return pem + "-----END CERTIFICATE-----\n";
}

// Empty if the subject has no common name, or more than one: that would be ambiguous.
std::string Certificate::common_name() const {
  const X509_NAME* subject = X509_get_subject_name(handle());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) {
    ERR_clear_error();
    return {};
  }
  std::string name(as_text({text, static_cast<std::size_t>(size)}));
  OPENSSL_free(text);
  return name;
}

Bytes Certificate::serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(handle());
  const std::uint8_t* octets = ASN1_STRING_get0_data(serial);
  return {octets, octets + ASN1_STRING_length(serial)};
}

Time Certificate::not_before() const {
  return time_of(X509_get0_notBefore(handle())).value_or(Time::max());
}
Time Certificate::not_after() const {
  return time_of(X509_get0_notAfter(handle())).value_or(Time::min());
}
bool Certificate::is_ca() const {
  return has_flags(handle(), EXFLAG_BCONS | EXFLAG_CA);
}
Sha256Digest Certificate::fingerprint() const {
  return sha256(der_);
}

Result<PublicKey> Certificate::public_key() const {
  return PublicKey::from_spki(openssl::encoded<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(handle())));
}

bool Certificate::same_issuer_as(const Certificate& other) const {
  return X509_NAME_cmp(X509_get_issuer_name(handle()), X509_get_issuer_name(other.handle())) == 0;
}

bool Certificate::issued_by(const Certificate& issuer) const {
  if (find_signature_algorithm(X509_get_signature_nid(handle())) == nullptr) return false;
  if (X509_NAME_cmp(X509_get_issuer_name(handle()), X509_get_subject_name(issuer.handle())) != 0)
    return false;
  EVP_PKEY* key = X509_get0_pubkey(issuer.handle());
  const bool verified = key != nullptr && X509_verify(handle(), key) == 1;
  ERR_clear_error();
  return verified;
}

bool Certificate::signs_answers() const {
  if (has_flags(handle(), EXFLAG_CA) || has_flags(handle(), EXFLAG_CRITICAL)) return false;
  return has_answer_usage(handle()) && has_answer_name(handle());
}

}  // namespace latchkey::crypto
