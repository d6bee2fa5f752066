CREATE OR REPLACE FUNCTION forget_devices(device_ids text[], reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE why text := checked_reason('forget_devices', forget_devices.reason);
BEGIN
  PERFORM check_many(device_ids);
  PERFORM FROM device d WHERE d.device_id = ANY (device_ids)
    ORDER BY d.device_id FOR NO KEY UPDATE;
  FOR device_id, refusal IN
    SELECT n.id, CASE WHEN d.device_id IS NULL THEN 'it never registered'
      WHEN d.decommissioned_at IS NULL THEN 'it is ' || d.state || ' and not decommissioned' END
    FROM each_once(device_ids) n(id) LEFT JOIN device d ON d.device_id = n.id ORDER BY n.id
  LOOP
    outcome := CASE WHEN refusal IS NULL THEN 'done' ELSE 'refused' END;
    IF refusal IS NULL THEN PERFORM forget(forget_devices.device_id, why); END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION forget_devices(text[], text) IS
  'forget, for up to 10000 devices. Returns a row for each: done, or refused and why.';
