CREATE OR REPLACE FUNCTION certificate_subject(der bytea) RETURNS bytea
  LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(certificate_field(der, 5)) $$;
COMMENT ON FUNCTION certificate_subject(bytea) IS
  'Internal: returns the SHA-256 of a certificate''s subject name, the key of group_ca.';
