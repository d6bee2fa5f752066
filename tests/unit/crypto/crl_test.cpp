#include "crypto/crl.hpp"

#include "crypto/openssl.hpp"
#include "support/catch.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

using namespace latchkey::crypto;
using namespace std::chrono_literals;

namespace {

const Time now{1800000000s};

const Identity& ca() {
  static const Identity identity = make_ca("devices", {now - 24h, now + 24h * 365});
  return identity;
}

Crl::Entry entry(std::uint8_t first) {
  Bytes serial(16, 7);
  serial[0] = first;
  return {serial, now - 5min};
}

Crl crl_of(std::vector<Crl::Entry> entries) {
  return {std::move(entries), now - 1h, now + 72h, 42};
}

Result<Crl> read_again(const Crl& crl, const Certificate& by = ca().certificate) {
  return read_crl(as_bytes(sign_crl(ca(), crl).value()), by);
}

}  // namespace

TEST_CASE("a list says which certificates are revoked, since when, and how long it is good", "[crl]") {
  const auto read = read_again(crl_of({entry(0x41), entry(0x55), entry(0x7f)})).value();
  CHECK(read.entries == std::vector{entry(0x41), entry(0x55), entry(0x7f)});
  CHECK(read.this_update == now - 1h);
  CHECK(read.next_update == now + 72h);
  CHECK(read.number == 42);
}

TEST_CASE("a list may be empty", "[crl]") {
  CHECK(read_again(crl_of({})).value().entries.empty());
}

TEST_CASE("a list of many thousands is a list", "[crl]") {
  std::vector<Crl::Entry> entries;
  for (int i = 0; i < 5000; ++i) {
    entries.push_back(entry(0x41));
    entries.back().serial[1] = static_cast<std::uint8_t>(i / 256);
    entries.back().serial[2] = static_cast<std::uint8_t>(i % 256);
  }
  CHECK(read_again(crl_of(entries)).value().entries == entries);
}

TEST_CASE("a list of another CA is refused", "[crl]") {
  const auto other = make_ca("devices", {now - 24h, now + 24h * 365});
  const auto read = read_again(crl_of({}), other.certificate);
  REQUIRE_FALSE(read);
  CHECK(read.error().fault == Fault::refused);
}

TEST_CASE("what is no list is malformed", "[crl]") {
  for (const std::string& text :
       {std::string(), std::string("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
        ca().certificate.to_pem()}) {
    const auto read = read_crl(as_bytes(text), ca().certificate);
    REQUIRE_FALSE(read);
    CHECK(read.error().fault == Fault::malformed);
  }
}

TEST_CASE("a certificate that does not let its owner sign lists signs none", "[crl]") {
  const Identity leaf = make_server_identity(ca(), {"broker"}, {now - 1h, now + 24h});
  const auto made = sign_crl(leaf, crl_of({}));
  REQUIRE_FALSE(made);
  CHECK(made.error().fault == Fault::refused);
}

TEST_CASE("a list has a number and names the key that signed it", "[crl]") {
  const std::string pem = sign_crl(ca(), crl_of({})).value();
  const openssl::Bio source = openssl::reading(as_bytes(pem));
  const openssl::Owned<X509_CRL, X509_CRL_free> list(
      PEM_read_bio_X509_CRL(source.get(), nullptr, nullptr, nullptr));
  REQUIRE(list);
  CHECK(X509_CRL_get_version(list.get()) == 1);
  const openssl::Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list.get(), NID_crl_number, nullptr, nullptr)));
  REQUIRE(number);
  CHECK(ASN1_INTEGER_get(number.get()) == 42);
  CHECK(X509_CRL_get_ext_by_NID(list.get(), NID_authority_key_identifier, -1) >= 0);
}
