#pragma once

#include "crypto/certificate.hpp"
#include "service/config/config.hpp"

#include <string>
#include <vector>

namespace latchkey::service {

/// A certificate that the service needs, and what its end means.
struct CertificateEnd {
  std::string_view role;  ///< device_ca, signing or anchor
  std::string_view name;  ///< for people: "the device CA"
  std::string file;
  crypto::Certificate certificate;
  crypto::Time due;       ///< from here on somebody should act
  std::string_view then;  ///< what happens when it has ended
  std::string_view todo;
};

/// Every certificate of [pki] and connection.ca_file that can be read, in this order; what cannot be is for
/// load_pki to complain about. `due` is a third of the certificate's life before its end, at most half a
/// year: as long as it takes to bring something new to devices.
[[nodiscard]] std::vector<CertificateEnd> certificate_ends(const Config& config);

/// From when on certificates of a group's default lifetime are cut to the end of the `ca` that signs them, so
/// that devices renew the sooner.
[[nodiscard]] crypto::Time shortens_from(const crypto::Certificate& ca);

}  // namespace latchkey::service
