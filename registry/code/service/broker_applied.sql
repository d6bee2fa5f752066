CREATE OR REPLACE FUNCTION broker_applied(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b applied_access[] := array(SELECT r FROM jsonb_populate_recordset(NULL::applied_access, p) r);
  changed text[] := array(SELECT q.device_id FROM unnest(b) q WHERE q.changed_at IS NOT NULL);
  there text[];
BEGIN
  -- Rows that another session keeps locked are left for the next call.
  changed := array(SELECT device_id::text FROM device WHERE device_id = ANY (changed)
    FOR NO KEY UPDATE SKIP LOCKED);
  -- Only if no other change came after the one that the broker applied.
  UPDATE device d SET broker_applied_at = clock_timestamp() FROM unnest(b) q
    WHERE d.device_id = ANY (changed) AND d.device_id = q.device_id
      AND micros(d.access_changed_at) = q.changed_at
      AND d.broker_applied_at IS NULL;
  -- The broker cut the sessions of devices that it keeps out, and sent no wills for them.
  there := array(SELECT device_id FROM presence WHERE device_id = ANY (array(
      SELECT q.device_id FROM unnest(b) q
        WHERE q.device_id = ANY (changed) AND q.goes_on IS NOT TRUE))
    FOR UPDATE SKIP LOCKED);
  UPDATE presence r SET online = false FROM device d
    WHERE d.device_id = ANY (there) AND r.device_id = d.device_id AND r.online
      AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested');
  UPDATE credential c SET broker_applied_at = clock_timestamp() FROM (
      SELECT v.device_id, v.generation FROM credential v
        JOIN unnest(b) q USING (device_id, generation)
        WHERE v.broker_applied_at IS NULL FOR NO KEY UPDATE OF v SKIP LOCKED) q
    WHERE c.device_id = q.device_id AND c.generation = q.generation;
  -- One whose change was left above is told again.
  UPDATE access_entry a SET untold = 0,
      ended_at = CASE WHEN a.cut_at IS NULL OR q.goes_on THEN a.ended_at
        ELSE clock_timestamp() END,
      cut_at = CASE WHEN q.goes_on THEN a.cut_at END
    FROM (SELECT v.device_id, v.version, q.goes_on IS TRUE AS goes_on
        FROM access_entry v JOIN unnest(b) q USING (device_id, version)
        WHERE v.untold > 0 AND (q.changed_at IS NULL OR q.device_id = ANY (changed))
        FOR NO KEY UPDATE OF v SKIP LOCKED) q
    WHERE a.device_id = q.device_id AND a.version = q.version;
  -- dynamic-security is told no versions.
  UPDATE access_entry a SET ended_at = clock_timestamp(), cut_at = NULL FROM (
      SELECT v.device_id FROM unnest(b) q JOIN device d ON d.device_id = q.device_id
          AND micros(d.access_changed_at) = q.changed_at
        JOIN access_entry v ON v.device_id = q.device_id
        WHERE q.version IS NULL AND q.device_id = ANY (changed) AND v.cut_at IS NOT NULL
        FOR NO KEY UPDATE OF v SKIP LOCKED) q
    WHERE a.device_id = q.device_id;
END $$;
COMMENT ON FUNCTION broker_applied(jsonb) IS
  'Service: records what the broker has applied: a change of access (device_id, changed_at), a '
  'login (device_id, generation), or a version of a device''s access at its gate (device_id, '
  'version). goes_on: the broker keeps the device out and does not end its open session.';
