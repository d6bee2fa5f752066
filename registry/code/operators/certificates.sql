CREATE OR REPLACE VIEW certificates AS
  SELECT c.device_id::text, c.generation, encode(c.serial, 'hex') AS serial,
    encode(c.fingerprint, 'hex') AS fingerprint,
         CASE WHEN c.status IN ('issued', 'active') AND NOT is_live(c, now()) THEN 'expired'
           ELSE c.status END AS status,
         c.not_before, c.not_after, c.issued_at, c.connected_at, c.ended_at,
         encode(c.key_fingerprint, 'hex') AS key_fingerprint, encode(c.issuer, 'hex') AS issuer
  FROM credential c WHERE c.type = 'x509';
COMMENT ON VIEW certificates IS 'Every certificate that was issued, until retention deletes it.';
COMMENT ON COLUMN certificates.serial IS 'The certificate''s serial number, hexadecimal.';
COMMENT ON COLUMN certificates.fingerprint IS 'SHA-256 of the certificate, hexadecimal.';
COMMENT ON COLUMN certificates.key_fingerprint IS
  'SHA-256 of its SubjectPublicKeyInfo, hexadecimal. Two devices with the same one are clones.';
COMMENT ON COLUMN certificates.status IS
  'issued: its device has not confirmed yet that it holds it; active: it has; retired: a newer one '
  'replaced it; revoked; expired.';
COMMENT ON COLUMN certificates.issuer IS
  'The CA that signed it: the first 16 hexadecimal digits of the SHA-256 of the CA''s '
  'SubjectPublicKeyInfo; empty: unknown.';
