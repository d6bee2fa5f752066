#include "service/keys/pki.hpp"

#include <algorithm>
#include <span>

namespace latchkey::service {
namespace {

using crypto::Certificate;

// An answer has 8 KiB, of which a configuration may take 3; certificates are in base64 twice.
constexpr std::size_t longest_anchors = 2048;
// The space that the smallest device certificate and the rest of an answer leave. With longer chains no
// signed answer would fit.
constexpr std::size_t longest_together = 3700;

bool is_same(const Certificate& a, const Certificate& b) {
  const auto one = a.public_key();
  const auto other = b.public_key();
  return a.fingerprint() == b.fingerprint() || (one && other && one->fingerprint() == other->fingerprint());
}

/// How the two are directly related; empty if they are not.
std::string_view kinship(const Certificate& one, const Certificate& other) {
  if (is_same(one, other)) return "is the same as";
  if (one.issued_by(other)) return "is issued by";
  if (other.issued_by(one)) return "issued";
  return {};
}

/// The same, and a common root that neither file contains, found by the issuer's name.
std::string_view relation(const Certificate& device_ca, const Certificate& anchor) {
  if (const auto direct = kinship(device_ca, anchor); !direct.empty()) return direct;
  const bool is_root = device_ca.issued_by(device_ca) || anchor.issued_by(anchor);
  if (!is_root && device_ca.same_issuer_as(anchor)) return "has the same issuer as";
  return {};
}

std::string name_of(const Certificate& certificate) {
  return "\"" + certificate.common_name() + "\"";
}

void check_apart(std::span<const Certificate> device_cas, std::span<const Certificate> others,
                 std::string_view others_option, std::vector<std::string>& complaints) {
  for (const Certificate& device_ca : device_cas) {
    for (const Certificate& other : others) {
      const auto found = relation(device_ca, other);
      if (found.empty()) continue;
      complaints.push_back("pki.device_ca_file: " + name_of(device_ca) + " " + std::string(found) + " " +
                           name_of(other) + " of " + std::string(others_option) +
                           ": the CA of the devices must be separate from the CAs that devices trust");
    }
  }
}

void check_time(const Certificate& certificate, std::string_view option, crypto::Time now,
                std::vector<std::string>& complaints) {
  if (now > certificate.not_after())
    complaints.push_back(std::string(option) + ": " + name_of(certificate) + " has expired");
  if (now < certificate.not_before())
    complaints.push_back(std::string(option) + ": " + name_of(certificate) + " is not valid yet");
}

void check_device_ca(const Certificate& ca, crypto::Time now, std::vector<std::string>& complaints) {
  if (!ca.is_ca()) complaints.push_back("pki.device_ca_file: " + name_of(ca) + " is not a CA");
  check_time(ca, "pki.device_ca_file", now, complaints);
}

void check_signing(const Certificate& signing, crypto::Time now, std::vector<std::string>& complaints) {
  if (!signing.signs_answers())
    complaints.push_back("pki.signing_certificate_file: " + name_of(signing) +
                         " cannot sign answers: its only extended key usage must be " +
                         std::string(crypto::answer_signing_usage) +
                         ", critical, and its only name the URI " + std::string(crypto::answer_signing_name) +
                         ". Issue a new one by the CA that devices have: docs/certificates.md, A new signing "
                         "certificate (latchkey ca init makes a new CA with it)");
  check_time(signing, "pki.signing_certificate_file", now, complaints);
}

void check_anchors(const PkiCertificates& certificates, crypto::Time now,
                   std::vector<std::string>& complaints) {
  const auto& anchors = certificates.anchors;
  if (anchors.empty()) return;
  std::size_t size = 0;
  for (const Certificate& anchor : anchors) {
    check_time(anchor, "connection.ca_file", now, complaints);
    size += anchor.der().size();
  }
  if (size > longest_anchors)
    complaints.push_back("connection.ca_file: " + std::to_string(size) +
                         " bytes of certificates do not fit into an answer, at most " +
                         std::to_string(longest_anchors));
  if (certificates.signing.empty()) return;
  const Certificate& signing = certificates.signing.front();
  const auto issued_signing = [&](const Certificate& anchor) { return signing.issued_by(anchor); };
  if (std::ranges::none_of(anchors, issued_signing))
    complaints.push_back("connection.ca_file: none of its certificates issued " + name_of(signing) +
                         " of pki.signing_certificate_file: devices would accept no further answer");
}

void check_size(const PkiCertificates& certificates, std::vector<std::string>& complaints) {
  std::size_t size = certificates.signing.empty() ? 0 : certificates.signing.front().der().size();
  for (const Certificate& anchor : certificates.anchors)
    size += anchor.der().size();
  for (const Certificate& ca : certificates.device_ca)
    if (!ca.issued_by(ca)) size += ca.der().size();
  if (size > longest_together)
    complaints.push_back(
        "pki.device_ca_file, pki.signing_certificate_file, connection.ca_file: " + std::to_string(size) +
        " bytes of certificates, roots of device certificates aside, do not fit into one answer, at most " +
        std::to_string(longest_together));
}

}  // namespace

std::vector<std::string> check_pki(const PkiCertificates& certificates, crypto::Time now) {
  std::vector<std::string> complaints;
  if (!certificates.device_ca.empty()) check_device_ca(certificates.device_ca.front(), now, complaints);
  if (!certificates.signing.empty()) check_signing(certificates.signing.front(), now, complaints);
  check_anchors(certificates, now, complaints);
  check_size(certificates, complaints);
  check_apart(certificates.device_ca, certificates.signing, "pki.signing_certificate_file", complaints);
  check_apart(certificates.device_ca, certificates.anchors, "connection.ca_file", complaints);
  return complaints;
}

std::optional<std::string> why_not_a_group_ca(const Certificate& candidate,
                                              const std::vector<Certificate>& own) {
  for (const Certificate& each : own) {
    const auto found = kinship(candidate, each);
    if (!found.empty())
      return name_of(candidate) + " " + std::string(found) + " " + name_of(each) +
             ", a certificate of the service: who makes devices must have nothing to do with it";
  }
  return std::nullopt;
}

bool is_of_the_service(const Certificate& leaf, const std::vector<Certificate>& own) {
  return std::ranges::any_of(
      own, [&](const Certificate& each) { return is_same(leaf, each) || leaf.issued_by(each); });
}

}  // namespace latchkey::service
