#pragma once

#include "crypto/certificate.hpp"

namespace latchkey::crypto {

/// The fields of a certificate revocation list (RFC 5280, 5) that this project uses.
struct Crl {
  struct Entry {
    Bytes serial;  ///< big-endian, without leading zeros
    Time at;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;
  Time this_update;
  Time next_update;
  std::uint64_t number = 0;  ///< increases with each list of a CA (5.2.3)
};

/// PEM, signed by the CA that issued the certificates. `refused` if the CA's certificate does not allow it to
/// sign CRLs: no broker would accept them.
[[nodiscard]] Result<std::string> sign_crl(const Identity& ca, const Crl& crl);

/// The first list in a PEM text. `refused` if another CA signed it.
[[nodiscard]] Result<Crl> read_crl(ByteView pem, const Certificate& ca);

}  // namespace latchkey::crypto
