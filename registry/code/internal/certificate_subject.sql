CREATE OR REPLACE FUNCTION certificate_subject(der bytea) RETURNS bytea
  LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(certificate_field(der, 5)) $$;
COMMENT ON FUNCTION certificate_subject(bytea) IS
  'Internal: SHA-256 of a certificate''s subject name, by which group_ca finds its group.';
