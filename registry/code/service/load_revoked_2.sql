-- Of one device the newest thousand: whoever renewed all the time makes no list that no broker can
-- read.
CREATE OR REPLACE FUNCTION load_revoked_2()
RETURNS TABLE (serial bytea, revoked_at bigint, issuer bytea)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT c.serial, micros(c.revoked_at), c.issuer FROM credential c
    WHERE c.type = 'x509' AND c.revoked_at IS NOT NULL AND c.not_after > now()
  UNION ALL
  SELECT c.serial, micros(c.ended_at), c.issuer FROM enrollment_group g
    JOIN device d ON d.group_name = g.name
    CROSS JOIN LATERAL (SELECT * FROM credential n WHERE n.device_id = d.device_id
      AND n.type = 'x509' AND n.status = 'retired' AND n.not_after > now()
      ORDER BY n.generation DESC LIMIT 1000) c
    WHERE g.revoke_retired
$$;
COMMENT ON FUNCTION load_revoked_2() IS
  'Service: what stands on the CRL of which CA: certificates that were revoked, and those that a '
  'newer one replaced where the group says so, until they expire; of a device at most the newest '
  '1000 that were replaced.';
