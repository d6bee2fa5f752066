CREATE OR REPLACE FUNCTION proofs(of_group boolean) RETURNS text[]
  LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN of_group THEN ARRAY['symmetric_key', 'x509', 'token']
    ELSE ARRAY['symmetric_key', 'public_key', 'x509', 'token'] END
$$;
COMMENT ON FUNCTION proofs(boolean) IS
  'Internal: the proofs that a group, or a device by itself, can be enrolled with.';
