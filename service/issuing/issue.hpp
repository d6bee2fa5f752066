#pragma once

#include "crypto/certificate.hpp"
#include "service/enrolment/decide.hpp"

namespace latchkey::service {

/// Makes the certificate that a grant allows: the CSR's key, everything else the service's. `serial` is
/// random, `now` the database's. It never outlives the CA; an expired CA issues nothing. What was made is
/// read again and compared with what was meant; a difference is `internal`. Nothing is published from here:
/// what was signed has to be committed first.
[[nodiscard]] crypto::Result<registry::NewCredential> issue(const Grant& grant, const crypto::Issuer& issuer,
                                                            const crypto::Serial& serial, crypto::Time now);

/// When the device should renew: at two thirds of the life, spread by up to a twentieth either way so that a
/// fleet that was provisioned in one hour does not renew in one. The same for every repeat, since it depends
/// on the certificate.
[[nodiscard]] std::int64_t renew_after(registry::Clock not_before, registry::Clock not_after,
                                       crypto::ByteView certificate);

}  // namespace latchkey::service
