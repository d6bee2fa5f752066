#pragma once

#include "crypto/certificate.hpp"
#include "service/config/config.hpp"

#include <string>
#include <vector>

namespace latchkey::service {

/// A certificate that the service needs, and what happens when it expires.
struct CertificateEnd {
  std::string_view role;  ///< device_ca, signing or anchor
  std::string_view name;  ///< for people: "the device CA"
  std::string file;
  crypto::Certificate certificate;
  crypto::Time due;       ///< when an operator should replace it
  std::string_view then;  ///< what happens when it has expired
  std::string_view todo;
};

/// Every readable certificate of [pki] and connection.ca_file, in this order; load_pki reports the others.
/// `due` is a third of the certificate's lifetime before its end, at most half a year: the time that devices
/// need to get a new one.
[[nodiscard]] std::vector<CertificateEnd> certificate_ends(const Config& config);

/// The time from which device certificates of the default lifetime would outlive the `ca` and are shortened
/// to its end, so that devices renew earlier.
[[nodiscard]] crypto::Time shortens_from(const crypto::Certificate& ca);

}  // namespace latchkey::service
