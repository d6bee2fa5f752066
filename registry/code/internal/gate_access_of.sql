-- A device with a certificate is denied as long as one of its certificates has not expired; one
-- with a password has none any more. A certificate is valid through the last second of not_after.
-- The gate judges by its own clock what has expired. What expired within 31 days is still told: if
-- this server's clock is ahead for a while, the gate must not lose what it will not hear again.
-- OFFSET 0: the credentials are found by the device. Of a table that seems to be small the planner
-- would rather read the whole of an index that is for other questions.
CREATE OR REPLACE FUNCTION gate_access_of(ids text[])
RETURNS TABLE (kind text, device_id text, version bigint, until_s bigint, generation bigint,
  salt bytea, password_hash bytea, serial bytea, changed_at bigint, untold boolean)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE since constant timestamptz := now() - interval '31 days';
BEGIN
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT a.device_id, a.version, a.untold > 0 AS untold,
      CASE WHEN d.broker_applied_at IS NULL THEN micros(d.access_changed_at) END AS changed_at,
      g.revoke_retired,
      d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
        OR (g.status = 'disabled' AND d.enrolled_by = 'group:' || d.group_name) IS TRUE
        OR (e.status = 'disabled') IS TRUE AS denied
    FROM access_entry a
    JOIN LATERAL (SELECT * FROM device n WHERE n.device_id = a.device_id LIMIT 1) d ON true
    LEFT JOIN LATERAL (SELECT n.status, n.revoke_retired FROM enrollment_group n
      WHERE n.name = d.group_name LIMIT 1) g ON true
    LEFT JOIN LATERAL (SELECT n.status FROM enrollment n
      WHERE n.device_id = a.device_id LIMIT 1) e ON true
    WHERE a.device_id = ANY (ids))
  SELECT * FROM (
    SELECT 'device', a.device_id, a.version,
      CASE WHEN a.denied THEN coalesce((
        SELECT ceil(extract(epoch FROM max(c.not_after)))::bigint + 1
        FROM (SELECT * FROM credential n WHERE n.device_id = a.device_id OFFSET 0) c
        WHERE c.type = 'x509' AND c.not_after > since), 0) ELSE 0 END,
      NULL::bigint, NULL::bytea, NULL::bytea, NULL::bytea, a.changed_at, a.untold FROM asked a
    UNION ALL
    SELECT 'login', a.device_id, NULL, ceil(extract(epoch FROM CASE c.status
        WHEN 'issued' THEN least(c.not_after, c.use_by) ELSE c.not_after END))::bigint,
      c.generation, c.salt, c.password_hash, NULL, NULL, NULL
      FROM asked a CROSS JOIN LATERAL (
        SELECT v.* FROM (SELECT * FROM credential n WHERE n.device_id = a.device_id OFFSET 0) v
        WHERE v.type = 'password' AND v.password_hash IS NOT NULL AND v.ended_at IS NULL
          AND (v.status = 'active' OR v.use_by > since) AND v.not_after > since
        ORDER BY (v.status = 'active') DESC, v.generation DESC LIMIT 4) c
      WHERE NOT a.denied
    UNION ALL
    SELECT 'serial', a.device_id, NULL, ceil(extract(epoch FROM c.not_after))::bigint + 1,
      c.generation, NULL, NULL, c.serial, NULL, NULL
      FROM asked a CROSS JOIN LATERAL (
        SELECT v.* FROM (SELECT * FROM credential n WHERE n.device_id = a.device_id OFFSET 0) v
        WHERE v.type = 'x509' AND v.not_after > since
          AND (v.status = 'revoked' OR (v.status = 'retired' AND a.revoke_retired))
        ORDER BY v.generation DESC LIMIT 1001) c) r
    ORDER BY 2, 1, 5;
END $$;
COMMENT ON FUNCTION gate_access_of(text[]) IS
  'Internal: the access of these devices that the gate must know. Of each device a row device with '
  'the time until which it is denied (Unix seconds; 0: it is not), then a row login for each '
  'password and a row serial for each denied certificate.';
