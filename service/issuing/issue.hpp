#pragma once

#include "crypto/certificate.hpp"
#include "service/enrolment/decide.hpp"
#include "service/keys/master_key.hpp"

namespace latchkey::service {

/// Makes the certificate that a grant allows: the CSR's key, everything else the service's. `serial` is
/// random, `now` the database's. It never outlives the CA; an expired CA issues nothing. What was made is
/// read again and compared with what was meant; a difference is `internal`. Nothing is published from here:
/// what was signed has to be committed first.
[[nodiscard]] crypto::Result<registry::NewCredential> issue(const Grant& grant, const crypto::Issuer& issuer,
                                                            const crypto::Serial& serial, crypto::Time now);

/// What a grant for a password gives: a salt, from which and from the master key the password is derived
/// whenever it is needed. One that a token paid for has no end: a token cannot renew it.
[[nodiscard]] registry::NewCredential issue_password(const Grant& grant, const MasterKey& master,
                                                     crypto::Time now);

/// How the registry names a device CA: by its public key, so that a new certificate of the same key is the
/// same CA.
[[nodiscard]] registry::KeyId issuer_id(const crypto::Sha256Digest& key_fingerprint);

/// base64url of 24 bytes of HKDF-SHA256 (docs/protocol.md, 4). Nothing if the master key that it was derived
/// under is gone.
[[nodiscard]] std::optional<crypto::Secret> password_of(const MasterKey& master,
                                                        const registry::KeyId& master_key,
                                                        crypto::ByteView salt, const protocol::DeviceId& id,
                                                        std::int64_t generation);
/// What a broker that looks logins up compares: SHA-256 of the password and, after it, the salt in
/// hexadecimal. One round is enough: the password has 192 random bits, and no guessing finds it.
[[nodiscard]] crypto::Sha256Digest password_hash(const crypto::Secret& password, crypto::ByteView salt);
/// `{device_id}@{generation}`: no id can look like it, and both generations have one during a rotation.
[[nodiscard]] std::string username_of(const protocol::DeviceId& id, std::int64_t generation);

/// When the device should renew: at two thirds of the life, spread by up to a twentieth either way so that a
/// fleet that was provisioned in one hour does not renew in one. The same for every repeat, since it depends
/// on the certificate.
/// `noise` is the certificate, or the salt of a password.
[[nodiscard]] std::int64_t renew_after(registry::Clock not_before, registry::Clock not_after,
                                       crypto::ByteView noise);

}  // namespace latchkey::service
