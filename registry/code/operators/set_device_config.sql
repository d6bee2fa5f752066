CREATE OR REPLACE FUNCTION set_device_config(INOUT device_id text, config jsonb,
  reason text DEFAULT NULL, OUT old_config jsonb, OUT new_config jsonb)
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_device_config', reason);
  PERFORM check_config(config);
  IF NOT EXISTS (SELECT FROM device d WHERE d.device_id = device_id UNION ALL SELECT
    FROM enrollment e WHERE e.device_id = device_id) THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no device %s', device_id),
      HINT = 'Enrol it first, or wait until it registers. Ids are case-sensitive.';
  END IF;
  old_config := coalesce((SELECT c.config FROM device_config c WHERE c.device_id = device_id),
    (SELECT e.config FROM enrollment e WHERE e.device_id = device_id), '{}');
  new_config := config;
  PERFORM put_device_config(device_id, config);
  INSERT INTO event (device_id, group_name, action, reason)
    SELECT device_id, d.group_name, 'set_device_config', reason FROM devices d
    WHERE d.device_id = device_id;
END $$;
COMMENT ON FUNCTION set_device_config(text, jsonb, text) IS
  'Sets one device''s own configuration, which is merged over its group''s; {} for none. The '
  'device gets the result at once if it is online.';
