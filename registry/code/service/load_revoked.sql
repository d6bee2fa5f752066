CREATE OR REPLACE FUNCTION load_revoked() RETURNS TABLE (serial bytea, revoked_at bigint)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT c.serial, micros(c.revoked_at) FROM credential c
    WHERE c.type = 'x509' AND c.revoked_at IS NOT NULL AND c.not_after > now()
  UNION ALL
  SELECT c.serial, micros(c.ended_at) FROM enrollment_group g JOIN device d ON d.group_name = g.name
    JOIN credential c ON c.device_id = d.device_id
    WHERE g.revoke_retired AND c.type = 'x509' AND c.status = 'retired' AND c.not_after > now()
$$;
COMMENT ON FUNCTION load_revoked() IS
  'Service: what stands on the CRL: certificates that were revoked, and those that a newer one '
  'replaced where the group says so, until they expire.';
