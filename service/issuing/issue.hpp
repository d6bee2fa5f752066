#pragma once

#include "crypto/certificate.hpp"
#include "service/enrolment/decide.hpp"
#include "service/identity/password.hpp"

namespace latchkey::service {

/// Issues the certificate of a grant: only the key comes from the CSR. `serial` is random, `now` the
/// database's time. The certificate never outlives the CA; an expired CA issues none. The result is parsed
/// and compared with the intended fields; a difference is `internal`. The caller must commit the certificate
/// before it sends it.
[[nodiscard]] crypto::Result<registry::NewCredential> issue(const Grant& grant, const crypto::Issuer& issuer,
                                                            const crypto::Serial& serial, crypto::Time now);

/// Makes the credential of a grant for a password: a salt; the password is derived from it and the master key
/// whenever needed. A password for a token does not expire, since a token cannot renew it.
[[nodiscard]] registry::NewCredential issue_password(const Grant& grant, const MasterKey& master,
                                                     crypto::Time now);

/// The registry's id of a device CA, by its public key: a new certificate for the same key is the same CA.
[[nodiscard]] registry::KeyId issuer_id(const crypto::Sha256Digest& key_fingerprint);

/// The hash for brokers that query the registry: SHA-256 of the password followed by the salt in hexadecimal.
/// One round is enough, since a password has 192 bits of entropy.
[[nodiscard]] crypto::Sha256Digest password_hash(const crypto::Secret& password, crypto::ByteView salt);
/// The hash for brokers that read PBKDF2 only: PBKDF2-HMAC-SHA256 of one iteration, 32 bytes.
[[nodiscard]] crypto::Sha256Digest pbkdf2_once(const crypto::Secret& password, crypto::ByteView salt);

/// When the device should renew: after two thirds of the lifetime, spread by up to a twentieth either way, so
/// that devices provisioned in the same hour do not renew in the same hour. `noise` is the certificate or the
/// password's salt, so that every repeat of an answer has the same time.
[[nodiscard]] std::int64_t renew_after(registry::Clock not_before, registry::Clock not_after,
                                       crypto::ByteView noise);

}  // namespace latchkey::service
