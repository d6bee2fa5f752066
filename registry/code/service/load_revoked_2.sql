-- At most the newest thousand of a device, so that one device cannot make the list too long for a
-- broker.
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
  'Service: returns the certificates for the CRLs and the CA of each: the revoked ones, and where '
  'the group has revoke_retired those that a newer one replaced, until they expire; at most 1000 '
  'replaced ones of a device.';
