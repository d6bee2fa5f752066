#pragma once

#include "crypto/certificate.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::service {

/// The lifetimes of the certificates from `make_pki`. Devices live long and receive a new CA only over the
/// network, so the CAs outlive them. A broker's certificate is replaced on a server, so it may be short.
struct PkiLifetimes {
  std::chrono::days ca{7305};       ///< 20 years
  std::chrono::days signing{3653};  ///< 10 years
  std::chrono::days broker{825};    ///< the longest that the TLS libraries of large vendors accept
};

/// A file that `make_pki` wrote: its name in the folder, its purpose, and whether it contains a secret.
struct PkiFile {
  std::string name;
  std::string purpose;
  bool secret = false;
};

/// Writes both CAs, the signing certificate, the broker's certificate, their keys and the master key to
/// `folder`, which is created if missing. Writes nothing if one of the files exists. `hosts` are the names by
/// which devices and the service reach the broker, at least one, each `is_host`. The error is a sentence.
[[nodiscard]] std::expected<std::vector<PkiFile>, std::string> make_pki(const std::filesystem::path& folder,
                                                                        const std::vector<std::string>& hosts,
                                                                        const PkiLifetimes& lifetimes,
                                                                        crypto::Time now);

/// The certificates of the service. Empty: they could not be read.
struct PkiCertificates {
  /// The issuer of device certificates first, then the known CAs above it.
  std::vector<crypto::Certificate> device_ca;
  std::vector<crypto::Certificate> signing;  ///< the signing certificate first, then the known CAs above it
  std::vector<crypto::Certificate> anchors;  ///< connection.ca_file
};

/// Checks the certificates and returns all errors: a device CA that is a service anchor, issues one, is
/// issued by one or has the same issuer; a signing certificate of the wrong kind or not issued by an anchor;
/// certificates outside their validity.
[[nodiscard]] std::vector<std::string> check_pki(const PkiCertificates& certificates, crypto::Time now);

/// Why `candidate` must not be the CA of an enrolment group: it is one of `own` (the service's certificates,
/// all of PkiCertificates), issued one, or is issued by one. Otherwise a manufacturer could issue operational
/// certificates, or the service factory certificates (docs/protocol.md, 2). Nothing if it may be. A common
/// root is allowed: a group trusts exactly the enrolled certificate.
[[nodiscard]] std::optional<std::string> why_not_a_group_ca(const crypto::Certificate& candidate,
                                                            const std::vector<crypto::Certificate>& own);

/// True if `leaf` is one of `own` or issued by one of them. Such a certificate is never a factory
/// certificate, whatever CA its chain ends at. Verifies a signature only if the issuer's name matches.
[[nodiscard]] bool is_of_the_service(const crypto::Certificate& leaf,
                                     const std::vector<crypto::Certificate>& own);

}  // namespace latchkey::service
