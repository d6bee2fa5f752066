CREATE OR REPLACE FUNCTION revocation_stamp() RETURNS text
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT count(*) || ' ' || coalesce(max(revoked_at)::text, '') FROM credential
    WHERE type = 'x509' AND revoked_at IS NOT NULL AND not_after > now()
$$;
COMMENT ON FUNCTION revocation_stamp() IS
  'Service: returns a text that changes whenever the revoked certificates of load_revoked_2 do; '
  'cheaper than loading them.';
