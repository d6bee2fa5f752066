#include "crypto/crl.hpp"

#include "crypto/openssl.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <climits>
#include <ctime>

namespace latchkey::crypto {
namespace {

using List = openssl::Owned<X509_CRL, X509_CRL_free>;
using Revoked = openssl::Owned<X509_REVOKED, X509_REVOKED_free>;
using Instant = openssl::Owned<ASN1_TIME, ASN1_TIME_free>;
using Integer = openssl::Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using KeyIdentifier = openssl::Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using KeyIdentifierOctets = openssl::Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

Instant instant(Time time) {
  return openssl::made<Instant>(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time)));
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return Time(std::chrono::seconds(::timegm(&parts)));
}

bool add(X509_CRL* list, const Crl::Entry& entry) {
  Revoked revoked = openssl::made<Revoked>(X509_REVOKED_new());
  const openssl::Number number(
      BN_bin2bn(entry.serial.data(), static_cast<int>(entry.serial.size()), nullptr));
  const Integer serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
  if (!serial || X509_REVOKED_set_serialNumber(revoked.get(), serial.get()) != 1 ||
      X509_REVOKED_set_revocationDate(revoked.get(), instant(entry.at).get()) != 1)
    return false;
  if (X509_CRL_add0_revoked(list, revoked.get()) != 1) return false;
  return revoked.release() != nullptr;  // the list owns it now
}

// Names the CA's key that signs the list (RFC 5280, 5.2.1).
bool add_key_identifier(X509_CRL* list, const Certificate& ca) {
  const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(ca.handle());
  if (own == nullptr) return true;
  const KeyIdentifier identifier = openssl::made<KeyIdentifier>(AUTHORITY_KEYID_new());
  identifier->keyid = ASN1_OCTET_STRING_dup(own);
  return X509_CRL_add1_ext_i2d(list, NID_authority_key_identifier, identifier.get(), 0, 0) == 1;
}

bool add_number(X509_CRL* list, std::uint64_t number) {
  const Integer value = openssl::made<Integer>(ASN1_INTEGER_new());
  return ASN1_INTEGER_set_uint64(value.get(), number) == 1 &&
         X509_CRL_add1_ext_i2d(list, NID_crl_number, value.get(), 0, 0) == 1;
}

bool fill(X509_CRL* list, const Identity& ca, const Crl& crl) {
  constexpr long version_2 = 1;
  for (const Crl::Entry& entry : crl.entries)
    if (!add(list, entry)) return false;
  return X509_CRL_set_version(list, version_2) == 1 &&
         X509_CRL_set_issuer_name(list, X509_get_subject_name(ca.certificate.handle())) == 1 &&
         X509_CRL_set1_lastUpdate(list, instant(crl.this_update).get()) == 1 &&
         X509_CRL_set1_nextUpdate(list, instant(crl.next_update).get()) == 1 &&
         add_key_identifier(list, ca.certificate) && add_number(list, crl.number) && X509_CRL_sort(list) == 1;
}

std::uint64_t number_of(const X509_CRL* list) {
  const Integer value(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr)));
  std::uint64_t number = 0;
  return value && ASN1_INTEGER_get_uint64(&number, value.get()) == 1 ? number : 0;
}

const EVP_MD* digest_for(const PrivateKey& key) {
  if (key.algorithm() == Algorithm::ed25519) return nullptr;  // Ed25519 hashes the message itself
  return key.algorithm() == Algorithm::es384 ? openssl::sha384_algorithm() : openssl::sha256_algorithm();
}

}  // namespace

Result<std::string> sign_crl(const Identity& ca, const Crl& crl) {
  // RFC 5280, 4.2.1.3: without the extension every use is allowed; OpenSSL then returns all bits set.
  if ((X509_get_key_usage(ca.certificate.handle()) & KU_CRL_SIGN) == 0)
    return fail(Fault::refused, "the CA's certificate does not let it sign lists (key usage cRLSign)");
  const List list = openssl::made<List>(X509_CRL_new());
  if (!fill(list.get(), ca, crl) || X509_CRL_sign(list.get(), ca.key.handle(), digest_for(ca.key)) == 0)
    return openssl::failed(Fault::internal, "a list of revoked certificates");
  const openssl::Bio out = openssl::made<openssl::Bio>(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509_CRL(out.get(), list.get()) != 1)
    return openssl::failed(Fault::internal, "a list of revoked certificates in PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<Crl> read_crl(ByteView pem, const Certificate& ca) {
  if (pem.size() > INT_MAX) return fail(Fault::malformed, "the list is too long");
  const List list(PEM_read_bio_X509_CRL(openssl::reading(pem).get(), nullptr, nullptr, nullptr));
  if (!list) return openssl::failed(Fault::malformed, "no list of revoked certificates in PEM");
  if (X509_CRL_verify(list.get(), X509_get0_pubkey(ca.handle())) != 1)
    return openssl::failed(Fault::refused, "a list that another CA signed");
  Crl crl{{},
          time_of(X509_CRL_get0_lastUpdate(list.get())),
          time_of(X509_CRL_get0_nextUpdate(list.get())),
          number_of(list.get())};
  STACK_OF(X509_REVOKED)* const revoked = X509_CRL_get_REVOKED(list.get());
  for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(revoked, i);
    const ASN1_INTEGER* serial = X509_REVOKED_get0_serialNumber(entry);
    const std::uint8_t* octets = ASN1_STRING_get0_data(serial);
    crl.entries.push_back({Bytes(octets, octets + ASN1_STRING_length(serial)),
                           time_of(X509_REVOKED_get0_revocationDate(entry))});
  }
  return crl;
}

}  // namespace latchkey::crypto
