CREATE OR REPLACE VIEW credentials AS
  SELECT c.device_id::text, c.generation, c.type,
    CASE WHEN c.status IN ('issued', 'active') AND NOT is_live(c, now()) THEN 'expired'
      ELSE c.status END AS status,
    CASE c.status WHEN 'issued' THEN least(c.not_after, c.use_by) ELSE c.not_after END AS ends_at,
    c.issued_at, c.connected_at, c.ended_at, encode(c.serial, 'hex') AS serial,
    encode(c.fingerprint, 'hex') AS fingerprint
  FROM credential c;
COMMENT ON VIEW credentials IS
  'Every credential that was issued, certificates and passwords, until retention deletes it. '
  'certificates has more about certificates.';
COMMENT ON COLUMN credentials.status IS
  'issued: its device has not confirmed yet that it holds it; active: it has; retired: a newer one '
  'replaced it; revoked; expired.';
COMMENT ON COLUMN credentials.ends_at IS 'When it ends by itself.';
COMMENT ON COLUMN credentials.serial IS
  'A certificate''s serial number, hexadecimal; empty: a password.';
COMMENT ON COLUMN credentials.fingerprint IS
  'SHA-256 of a certificate, hexadecimal; empty: a password.';
