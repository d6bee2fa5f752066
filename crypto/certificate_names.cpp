#include "crypto/chain.hpp"
#include "crypto/der.hpp"
#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"

#include <openssl/x509v3.h>

#include <algorithm>

namespace latchkey::crypto {
namespace {

using AlternativeNames = openssl::Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string_view word_for(NameKind kind) {
  switch (kind) {
    case NameKind::common_name:
      return "common name";
    case NameKind::dns_name:
      return "DNS name";
    case NameKind::uri:
      return "URI";
    case NameKind::serial_number:
      return "serialNumber in its subject";
  }
  die("no such kind of name");
}

std::unexpected<Error> refuse(NameKind kind, std::string_view before, std::string_view after) {
  return fail(Fault::refused, std::string(before).append(word_for(kind)).append(after));
}

Result<std::string> text_of(const ASN1_STRING* value, NameKind kind) {
  const int type = ASN1_STRING_type(value);
  if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING && type != V_ASN1_IA5STRING) {
    return refuse(kind, "the leaf's ", " is of a string type that is not accepted");
  }
  const ByteView octets(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
  if (octets.empty()) return refuse(kind, "the leaf's ", " is empty");
  if (!std::ranges::all_of(octets, [](std::uint8_t octet) { return octet >= 0x20 && octet < 0x7f; })) {
    return refuse(kind, "the leaf's ", " has a byte that is not printable ASCII");
  }
  return std::string(as_text(octets));
}

// The index also reaches attributes within a multi-valued RelativeDistinguishedName.
Result<std::string> in_subject(const Certificate& leaf, NameKind kind, int nid) {
  const X509_NAME* subject = X509_get_subject_name(leaf.handle());
  const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (at < 0) return refuse(kind, "the leaf has no ", "");
  if (X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
    return refuse(kind, "the leaf has more than one ", "");
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), kind);
}

Result<std::string> in_alternative_names(const Certificate& leaf, NameKind kind, int type) {
  const AlternativeNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf.handle(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  const ASN1_STRING* found = nullptr;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != type) continue;
    if (found != nullptr) return refuse(kind, "the leaf has more than one ", "");
    found = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, nullptr));
  }
  if (found == nullptr) return refuse(kind, "the leaf has no ", "");
  return text_of(found, kind);
}

struct Names {
  ByteView issuer;
  ByteView subject;
};

// TBSCertificate (RFC 5280, 4.1), up to the subject.
std::optional<Names> names_of(ByteView certificate) {
  const std::optional<ByteView> content = der::only(der::Tag::sequence, certificate);
  if (!content) return std::nullopt;
  const std::optional<der::Element> signed_part = der::Reader(*content).take(der::Tag::sequence);
  if (!signed_part) return std::nullopt;
  der::Reader fields(signed_part->content);
  static_cast<void>(fields.take(der::Tag::constructed_0));
  const auto serial = fields.take(der::Tag::integer);
  const auto algorithm = fields.take(der::Tag::sequence);
  const auto issuer = fields.take(der::Tag::sequence);
  const auto validity = fields.take(der::Tag::sequence);
  const auto subject = fields.take(der::Tag::sequence);
  if (!serial || !algorithm || !issuer || !validity || !subject) return std::nullopt;
  return Names{issuer->whole, subject->whole};
}

}  // namespace

Result<std::string> identity_in(const Certificate& leaf, NameKind kind) {
  switch (kind) {
    case NameKind::common_name:
      return in_subject(leaf, kind, NID_commonName);
    case NameKind::serial_number:
      return in_subject(leaf, kind, NID_serialNumber);
    case NameKind::dns_name:
      return in_alternative_names(leaf, kind, GEN_DNS);
    case NameKind::uri:
      return in_alternative_names(leaf, kind, GEN_URI);
  }
  die("no such kind of name");
}

std::optional<Sha256Digest> issuer_name_digest(ByteView certificate_der) {
  const std::optional<Names> names = names_of(certificate_der);
  if (!names) return std::nullopt;
  return sha256(names->issuer);
}

std::optional<Sha256Digest> subject_name_digest(ByteView certificate_der) {
  const std::optional<Names> names = names_of(certificate_der);
  if (!names) return std::nullopt;
  return sha256(names->subject);
}

}  // namespace latchkey::crypto
