-- The broker knows a certificate only by its name, the device's id. So it must keep a device out
-- while the device may not connect and one of its certificates has not expired: suspended, revoked,
-- reset and not provisioned again, or disabled.
CREATE OR REPLACE FUNCTION load_broker_access_2()
RETURNS TABLE (kind text, device_id text, generation bigint, salt bytea, master_key bytea,
  changed_at bigint, applied boolean, rights text)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  WITH disabled AS MATERIALIZED (
    SELECT d.device_id FROM enrollment_group g JOIN device d ON d.group_name = g.name
      WHERE g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name
    UNION
    SELECT d.device_id FROM enrollment e JOIN device d ON d.device_id = e.device_id
      WHERE e.status = 'disabled' AND d.generation > 0),
  denied AS (
    SELECT d.device_id FROM device d
      WHERE d.access_changed_at IS NOT NULL AND d.generation > 0
        AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
    UNION SELECT x.device_id FROM disabled x)
  SELECT 'denied', d.device_id::text, NULL::bigint, NULL::bytea, NULL::bytea, NULL::bigint,
    NULL::boolean, NULL::text FROM denied d
    WHERE EXISTS (SELECT FROM credential c WHERE c.device_id = d.device_id AND c.type = 'x509'
        AND c.not_after > now())
  UNION ALL
  SELECT 'login', c.device_id, c.generation, c.salt, c.master_key, NULL,
    c.broker_applied_at IS NOT NULL, rights_text(s.rights)
    FROM access_entry a
    -- Found by the device: the index of logins has every password that there ever was. Not the
    -- newest only: beside the one in use there may be many that the device never used.
    CROSS JOIN LATERAL (SELECT v.*
      FROM (SELECT n AS it, n.* FROM credential n WHERE n.device_id = a.device_id OFFSET 0) v
      WHERE v.type = 'password' AND v.ended_at IS NULL) c
    JOIN device d ON d.device_id = c.device_id
    LEFT JOIN rights_set s ON s.group_name = coalesce(d.group_name, '')
    WHERE is_live(c.it, now()) AND d.state NOT IN ('suspended', 'revoked')
      AND NOT EXISTS (SELECT FROM disabled x WHERE x.device_id = d.device_id)
  UNION ALL
  SELECT 'changed', d.device_id::text, NULL, NULL, NULL, micros(d.access_changed_at), NULL, NULL
    FROM device d
    WHERE d.broker_applied_at IS NULL AND d.access_changed_at IS NOT NULL
$$;
COMMENT ON FUNCTION load_broker_access_2() IS
  'Service: returns the devices that the broker must keep out (denied), the passwords that it '
  'must accept (login) with the rights of their devices, and the devices whose access an '
  'operator changed and the broker has not applied yet (changed).';
