-- The device's row is locked until the commit, so that its group does not change between the two.
CREATE OR REPLACE FUNCTION note_rights(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE ids text[] := array(SELECT jsonb_array_elements_text(p -> 'ids'));
BEGIN
  ids := array(SELECT d.device_id::text FROM device d WHERE d.device_id = ANY (ids)
    ORDER BY d.device_id FOR SHARE SKIP LOCKED);
  INSERT INTO rights_entry AS e (device_id, group_name, version, untold)
    SELECT d.device_id, coalesce(d.group_name, ''), nextval('access_version'), true
    FROM device d WHERE d.device_id = ANY (ids) ORDER BY d.device_id
  ON CONFLICT (device_id) DO UPDATE SET group_name = EXCLUDED.group_name,
    version = nextval('access_version'), untold = true
    WHERE e.group_name <> EXCLUDED.group_name;
END $$;
COMMENT ON FUNCTION note_rights(jsonb) IS
  'Service: the broker''s gate must know the rights of the devices in ids. Devices whose rows '
  'somebody else has locked are left out.';
