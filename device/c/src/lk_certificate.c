#include "lk_certificate.h"

#include "lk_der.h"

#include <string.h>

#if LK_HAS_P256

/* In DER, tags and lengths included: two OIDs, and between them a whole AlgorithmIdentifier. */
static const uint8_t ecdsa_sha256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
static const uint8_t p256_key[] = {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
                                   0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t kp_jwt[] = {0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x25};
static const char answers_name[] = "urn:latchkey:answers:v1";

/* The last byte of the extension OIDs below id-ce (2.5.29). `seen` has bits for FIRST to LAST. */
enum {
  KEY_USAGE = 15,
  ALTERNATIVE_NAMES = 17,
  BASIC_CONSTRAINTS = 19,
  EXTENDED_KEY_USAGE = 37,
  FIRST = 9,
  LAST = 40
};

struct extensions {
  uint32_t seen; /* bit 0 is FIRST */
  bool has_usage, has_name, may_sign;
};

static bool is_bytes(struct lk_bytes bytes, const uint8_t* expected, size_t size) {
  return bytes.size == size && memcmp(bytes.data, expected, size) == 0;
}

static bool read_constraints(struct lk_bytes value, bool* is_ca) {
  struct lk_bytes content, flag;
  if (!lk_der_take(&value, LK_DER_SEQUENCE, &content) || value.size != 0) return false;
  if (!lk_der_next_is(content, LK_DER_BOOLEAN)) return true;
  if (!lk_der_take(&content, LK_DER_BOOLEAN, &flag) || flag.size != 1) return false;
  *is_ca = flag.data[0] != 0;
  return true;
}

/* id-kp-jwt must be the only usage, so that no other certificate can sign answers. */
static bool has_answer_usage(struct lk_bytes value) {
  struct lk_bytes content;
  return lk_der_take(&value, LK_DER_SEQUENCE, &content) && value.size == 0 &&
         is_bytes(content, kp_jwt, sizeof kp_jwt);
}

/* This URI must be the only name. */
static bool has_answer_name(struct lk_bytes value) {
  const uint8_t uri = 0x86;
  struct lk_bytes content, name;
  return lk_der_take(&value, LK_DER_SEQUENCE, &content) && value.size == 0 &&
         lk_der_take(&content, uri, &name) && content.size == 0 && lk_same(name, lk_text(answers_name));
}

/* keyCertSign is bit 5 (RFC 5280, 4.2.1.3). */
static bool allows_certificates(struct lk_bytes value) {
  struct lk_bytes bits;
  return lk_der_take(&value, LK_DER_BITS, &bits) && value.size == 0 && bits.size >= 2 &&
         (bits.data[1] & 0x04) != 0;
}

static bool read_known(uint8_t which, bool is_critical, struct lk_bytes value, struct extensions* found,
                       bool* is_ca) {
  switch (which) {
    case BASIC_CONSTRAINTS:
      return read_constraints(value, is_ca);
    case EXTENDED_KEY_USAGE:
      found->has_usage = is_critical && has_answer_usage(value);
      return true;
    case ALTERNATIVE_NAMES:
      found->has_name = has_answer_name(value);
      return true;
    case KEY_USAGE:
      found->may_sign = allows_certificates(value);
      return true;
    default:
      return !is_critical;
  }
}

static bool read_extension(struct lk_bytes* list, struct extensions* found, bool* is_ca) {
  struct lk_bytes extension, oid, flag, value;
  bool is_critical = false;
  if (!lk_der_take(list, LK_DER_SEQUENCE, &extension) || !lk_der_take(&extension, LK_DER_OID, &oid))
    return false;
  if (lk_der_next_is(extension, LK_DER_BOOLEAN)) {
    if (!lk_der_take(&extension, LK_DER_BOOLEAN, &flag) || flag.size != 1) return false;
    is_critical = flag.data[0] != 0;
  }
  if (!lk_der_take(&extension, LK_DER_OCTETS, &value) || extension.size != 0) return false;
  if (oid.size != 3 || oid.data[0] != 0x55 || oid.data[1] != 0x1D || oid.data[2] < FIRST ||
      oid.data[2] > LAST)
    return !is_critical;
  if ((found->seen >> (oid.data[2] - FIRST) & 1) != 0) return false;
  found->seen |= (uint32_t)1 << (oid.data[2] - FIRST);
  return read_known(oid.data[2], is_critical, value, found, is_ca);
}

static bool read_extensions(struct lk_bytes fields, struct lk_certificate* certificate) {
  struct extensions found = {0, false, false, true};
  struct lk_bytes tagged, list, skipped;
  while (fields.size > 0 && !lk_der_next_is(fields, 0xA3))
    if (!lk_der_take_any(&fields, &skipped)) return false;
  if (fields.size == 0) return true;
  if (!lk_der_take(&fields, 0xA3, &tagged) || fields.size != 0) return false;
  if (!lk_der_take(&tagged, LK_DER_SEQUENCE, &list) || tagged.size != 0) return false;
  while (list.size > 0)
    if (!read_extension(&list, &found, &certificate->is_ca)) return false;
  certificate->signs_answers = found.has_usage && found.has_name && !certificate->is_ca;
  certificate->is_ca = certificate->is_ca && found.may_sign;
  return true;
}

/* Leaves `point` NULL for a key of another kind. */
static bool read_key(struct lk_bytes* fields, const uint8_t** point) {
  struct lk_bytes info, algorithm, bits;
  if (!lk_der_take(fields, LK_DER_SEQUENCE, &info) || !lk_der_take_any(&info, &algorithm)) return false;
  if (!lk_der_take(&info, LK_DER_BITS, &bits) || info.size != 0) return false;
  if (is_bytes(algorithm, p256_key, sizeof p256_key) && bits.size == 66 && bits.data[0] == 0 &&
      bits.data[1] == 4)
    *point = bits.data + 2;
  return true;
}

/* TBSCertificate (RFC 5280, 4.1). */
static bool read_signed_part(struct lk_bytes fields, struct lk_bytes* algorithm,
                             struct lk_certificate* certificate) {
  struct lk_bytes ignored, validity;
  if (lk_der_next_is(fields, 0xA0) && !lk_der_take_any(&fields, &ignored)) return false;
  if (!lk_der_take(&fields, LK_DER_INTEGER, &ignored)) return false;
  if (!lk_der_take(&fields, LK_DER_SEQUENCE, algorithm)) return false;
  if (!lk_der_take(&fields, LK_DER_SEQUENCE, &certificate->issuer)) return false;
  if (!lk_der_take(&fields, LK_DER_SEQUENCE, &validity)) return false;
  if (!lk_der_take_time(&validity, &certificate->not_before)) return false;
  if (!lk_der_take_time(&validity, &certificate->not_after) || validity.size != 0) return false;
  if (!lk_der_take(&fields, LK_DER_SEQUENCE, &certificate->subject)) return false;
  return read_key(&fields, &certificate->point) && read_extensions(fields, certificate);
}

bool lk_certificate_read(struct lk_bytes der, struct lk_certificate* certificate) {
  struct lk_bytes content, rest, fields, inner, outer, bits;
  memset(certificate, 0, sizeof *certificate);
  if (!lk_der_take(&der, LK_DER_SEQUENCE, &content) || der.size != 0) return false;
  rest = content;
  if (!lk_der_take_any(&content, &certificate->signed_part)) return false;
  if (!lk_der_take(&rest, LK_DER_SEQUENCE, &fields)) return false;
  if (!read_signed_part(fields, &inner, certificate)) return false;
  if (!lk_der_take(&content, LK_DER_SEQUENCE, &outer) || !lk_der_take(&content, LK_DER_BITS, &bits))
    return false;
  if (content.size != 0 || bits.size < 1 || !lk_same(inner, outer)) return false;
  if (is_bytes(outer, ecdsa_sha256, sizeof ecdsa_sha256) && bits.data[0] == 0) {
    certificate->signature.data = bits.data + 1;
    certificate->signature.size = bits.size - 1;
  }
  return true;
}

bool lk_certificate_is_issued_by(const struct lk_certificate* certificate,
                                 const struct lk_certificate* issuer, const struct lk_crypto* crypto) {
  uint8_t signature[64], digest[32];
  return issuer->is_ca && issuer->point != NULL && lk_same(certificate->issuer, issuer->subject) &&
         lk_der_read_signature(certificate->signature, signature) &&
         crypto->sha256(crypto->context, certificate->signed_part, digest) &&
         crypto->verify(crypto->context, issuer->point, digest, signature);
}

#endif
