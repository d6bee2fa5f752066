-- Rows that another session keeps locked are left for the next call.
CREATE OR REPLACE FUNCTION rights_told(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b told_rights[] := array(SELECT r FROM jsonb_populate_recordset(NULL::told_rights, p) r);
BEGIN
  UPDATE rights_entry e SET untold = false FROM (
      SELECT v.device_id, v.version FROM unnest(b) q JOIN rights_entry v USING (device_id, version)
        WHERE v.untold FOR NO KEY UPDATE OF v SKIP LOCKED) q
    WHERE e.device_id = q.device_id AND e.version = q.version;
  UPDATE rights_set s SET untold = false FROM (
      SELECT v.group_name, v.version FROM unnest(b) q JOIN rights_set v USING (group_name, version)
        WHERE v.untold FOR NO KEY UPDATE OF v SKIP LOCKED) q
    WHERE s.group_name = q.group_name AND s.version = q.version;
END $$;
COMMENT ON FUNCTION rights_told(jsonb) IS
  'Service: records which versions the broker''s gate was told, of a device''s rights (device_id, '
  'version) or of a set of rights (group_name, version).';
