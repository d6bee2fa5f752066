CREATE OR REPLACE FUNCTION move_devices(device_ids text[], group_name text,
  reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_group text, new_group text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  why text := checked_reason('move_devices', move_devices.reason);
BEGIN
  PERFORM check_many(device_ids);
  PERFORM FROM device d WHERE d.device_id = ANY (device_ids) ORDER BY d.device_id
    FOR NO KEY UPDATE;
  FOR device_id IN SELECT n.id FROM each_once(device_ids) n(id) ORDER BY n.id LOOP
    BEGIN
      SELECT 'done', NULL, m.old_group, m.new_group INTO outcome, refusal, old_group, new_group
        FROM move_device(move_devices.device_id, move_devices.group_name, why) m;
    EXCEPTION WHEN no_data_found OR object_not_in_prerequisite_state THEN
      outcome := 'refused';
      refusal := SQLERRM;
      old_group := NULL;
      new_group := NULL;
    END;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION move_devices(text[], text, text) IS
  'move_device, for up to 10000 devices. Returns a row for each: done, or refused and why.';
