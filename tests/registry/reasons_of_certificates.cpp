#include "crypto/certificate_writing.hpp"
#include "reason_case.hpp"
#include "unit/crypto/made_with_openssl.hpp"

namespace latchkey::test {
namespace {

crypto::Bytes leaf_of(const crypto::Identity& factory, std::string_view name,
                      crypto::Validity validity = around_now()) {
  return crypto::Issuer(factory)
      .issue({name, device_key_no(0).public_key(), crypto::random_serial(), validity})
      .value();
}
crypto::Bytes bytes_of(crypto::ByteView view) {
  return {view.begin(), view.end()};
}
const crypto::Identity& factory() {
  static const auto made = crypto::make_ca("factory", around_now());
  return made;
}

void pin(ReasonCase& c, const crypto::Bytes& leaf) {
  c.enroll("x509", crypto::sha256(leaf));
}
/// A group by a CA of its own.
crypto::Identity with_ca(ReasonCase& c, const std::string& policy = {}) {
  auto ca = crypto::make_ca(c.id, around_now());
  c.enroll_group("x509", ca.certificate.der(), policy);
  return ca;
}
/// A CA that the service's own device CA made.
crypto::Bytes ca_of_the_service(const std::string& name) {
  const auto issuer_name = crypto::subject_of(device_ca().certificate);
  const auto subject = crypto::name_with(name);
  const auto extensions = crypto::ca_constraints();
  const auto key = device_key_no(1).public_key();
  return crypto::sign_certificate(
             {crypto::random_serial(), issuer_name, around_now(), subject, key, extensions}, device_ca().key)
      .value();
}

}  // namespace

using registry::Reason;

const MadeReasons& reasons_of_certificates() {
  static const MadeReasons made = {
      {Reason::malformed_certificate,
       [](ReasonCase& c) {
         pin(c, {0x30, 0x00});
         c.ask_with_chain(device_key_no(0), {0x30, 0x00});
       }},
      {Reason::certificate_key_not_accepted,
       [](ReasonCase& c) {
         const auto leaf = bytes_of(
             crypto::made_with_openssl::certificate(factory(), crypto::made_with_openssl::ec_key("P-521"), {})
                 .der());
         pin(c, leaf);
         c.ask_with_chain(device_key_no(0), leaf);
       }},
      {Reason::certificate_not_signed,
       [](ReasonCase& c) {
         const auto leaf = leaf_of(factory(), c.id);
         pin(c, leaf);
         c.ask_with_chain(device_key_no(1), leaf);
       }},
      {Reason::certificate_of_the_service,
       [](ReasonCase& c) {
         const auto leaf = leaf_of(device_ca(), c.id);
         pin(c, leaf);
         c.ask_with_chain(device_key_no(0), leaf);
       }},
      {Reason::other_certificate_enrolled,
       [](ReasonCase& c) {
         pin(c, leaf_of(factory(), c.id));
         c.ask_with_chain(device_key_no(0), leaf_of(factory(), c.id));
       }},
      {Reason::certificate_is_a_ca,
       [](ReasonCase& c) {
         const auto ca = bytes_of(factory().certificate.der());
         pin(c, ca);
         c.ask_with_chain(factory().key, ca);
       }},
      {Reason::certificate_outside_validity,
       [](ReasonCase& c) {
         const auto leaf = leaf_of(factory(), c.id, {this_second() - 24h, this_second() - 1h});
         pin(c, leaf);
         c.ask_with_chain(device_key_no(0), leaf);
       }},
      {Reason::kid_of_another_group,
       [](ReasonCase& c) { c.ask_with_chain(device_key_no(0), leaf_of(with_ca(c), c.id), "another"); }},
      {Reason::group_ca_not_accepted,
       [](ReasonCase& c) {
         const auto ca = ca_of_the_service(c.id);
         c.enroll_group("x509", ca);
         const crypto::Identity line{crypto::Certificate::from_der(ca).value(), device_key_no(1)};
         c.ask_with_chain(device_key_no(0), leaf_of(line, c.id));
       }},
      {Reason::chain_not_accepted,
       [](ReasonCase& c) {
         c.ask_with_chain(device_key_no(0),
                          leaf_of(with_ca(c), c.id, {this_second() - 24h, this_second() - 1h}));
       }},
      {Reason::no_id_in_certificate,
       [](ReasonCase& c) {
         c.ask_with_chain(device_key_no(0), leaf_of(with_ca(c, "id_from => 'dns_name'"), c.id));
       }},
      {Reason::certificate_of_another_device,
       [](ReasonCase& c) { c.ask_with_chain(device_key_no(0), leaf_of(with_ca(c), "another")); }},
  };
  return made;
}

}  // namespace latchkey::test
