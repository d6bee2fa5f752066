CREATE OR REPLACE FUNCTION is_denied(id text) RETURNS boolean
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
    OR (g.status = 'disabled' AND d.enrolled_by = 'group:' || d.group_name) IS TRUE
    OR (e.status = 'disabled') IS TRUE
  FROM device d LEFT JOIN enrollment_group g ON g.name = d.group_name
  LEFT JOIN enrollment e ON e.device_id = d.device_id
  WHERE d.device_id = id
$$;
COMMENT ON FUNCTION is_denied(text) IS
  'Internal: whether the broker must keep the device out, as in gate_access_of.';
