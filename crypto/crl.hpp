#pragma once

#include "crypto/certificate.hpp"

namespace latchkey::crypto {

/// A certificate revocation list (RFC 5280, 5), as far as this project uses one.
struct Crl {
  struct Entry {
    Bytes serial;  ///< as it stands in the certificate, without leading zeros
    Time at;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;
  Time this_update;
  Time next_update;
  std::uint64_t number = 0;  ///< grows from one list of a CA to the next (5.2.3)
};

/// PEM, signed by the CA that issued the certificates. A CA whose certificate does not let it sign lists is
/// `refused`: no broker would take them.
[[nodiscard]] Result<std::string> sign_crl(const Identity& ca, const Crl& crl);

/// The first list in a PEM text. One that another CA signed is `refused`.
[[nodiscard]] Result<Crl> read_crl(ByteView pem, const Certificate& ca);

}  // namespace latchkey::crypto
