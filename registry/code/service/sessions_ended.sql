CREATE OR REPLACE FUNCTION sessions_ended(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b applied_access[] := array(SELECT r FROM jsonb_populate_recordset(NULL::applied_access, p) r);
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
BEGIN
  ids := array(SELECT r.device_id::text FROM presence r WHERE r.device_id = ANY (ids)
    FOR UPDATE SKIP LOCKED);
  UPDATE presence r SET online = false
    WHERE r.device_id = ANY (ids) AND r.online AND is_denied(r.device_id);
  UPDATE access_entry a SET cut_at = NULL, ended_at = clock_timestamp() FROM (
      SELECT v.device_id FROM access_entry v JOIN unnest(b) q USING (device_id, version)
        WHERE v.cut_at IS NOT NULL FOR NO KEY UPDATE OF v SKIP LOCKED) q
    WHERE a.device_id = q.device_id;
END $$;
COMMENT ON FUNCTION sessions_ended(jsonb) IS
  'Service: records that the sessions of these devices (device_id, version) ended, unless their '
  'access changed meanwhile.';
