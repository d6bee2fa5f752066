CREATE OR REPLACE FUNCTION load_revoked() RETURNS TABLE (serial bytea, revoked_at bigint)
LANGUAGE sql STABLE AS $$
  SELECT serial, revoked_at FROM load_revoked_2()
$$;
COMMENT ON FUNCTION load_revoked() IS
  'Service of the version before: as load_revoked_2, without the issuer.';
