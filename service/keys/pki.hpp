#pragma once

#include "crypto/certificate.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::service {

/// How long what `make_pki` makes is valid. Devices live long and learn of a new CA only over the network, so
/// the CAs outlive them; a broker's certificate is changed on a server, so it need not.
struct PkiLifetimes {
  std::chrono::days ca{7305};       ///< 20 years
  std::chrono::days signing{3653};  ///< 10 years
  std::chrono::days broker{825};    ///< the most that TLS libraries of large vendors accept
};

/// A file that `make_pki` wrote: its name in the folder, what it is for, and whether it holds a secret.
struct PkiFile {
  std::string name;
  std::string purpose;
  bool secret = false;
};

/// Makes both CAs, the signing and the broker's identity and the master key, as files in `folder`, which is
/// made if it is missing. Overwrites nothing: if one of the files is there, none is written. `hosts` are what
/// devices and the service call the broker, at least one, each `is_host`. The error is a sentence.
[[nodiscard]] std::expected<std::vector<PkiFile>, std::string> make_pki(const std::filesystem::path& folder,
                                                                        const std::vector<std::string>& hosts,
                                                                        const PkiLifetimes& lifetimes,
                                                                        crypto::Time now);

/// The certificates that decide whom a device believes, and who a device is. Empty: they could not be read.
struct PkiCertificates {
  std::vector<crypto::Certificate>
      device_ca;  ///< the issuer first, then the CAs above it, as far as they are known
  std::vector<crypto::Certificate>
      signing;  ///< the signing certificate first, then the CAs above it, likewise
  std::vector<crypto::Certificate> anchors;  ///< connection.ca_file
};

/// What is wrong with them: a device CA that is, issues, is issued by or shares an issuer with a service
/// anchor; a signing certificate that is of the wrong kind or not issued by an anchor; certificates outside
/// their validity.
[[nodiscard]] std::vector<std::string> check_pki(const PkiCertificates& certificates, crypto::Time now);

/// Why `candidate` may not be the CA of an enrolment group: it is, issued or is issued by one of `own`, the
/// service's certificates (all of PkiCertificates). Otherwise whoever makes devices could make operational
/// certificates or the other way round (docs/protocol.md, 2). Nothing if it may. A common root above both is
/// no reason: of a group exactly the enrolled certificate is trusted.
[[nodiscard]] std::optional<std::string> why_not_a_group_ca(const crypto::Certificate& candidate,
                                                            const std::vector<crypto::Certificate>& own);

/// True if `leaf` is one of `own` or was issued by one of them: it never counts as a factory's proof,
/// whatever CA its chain leads to. Costs a signature's verification only when the issuer's name is one of
/// theirs.
[[nodiscard]] bool is_of_the_service(const crypto::Certificate& leaf,
                                     const std::vector<crypto::Certificate>& own);

}  // namespace latchkey::service
