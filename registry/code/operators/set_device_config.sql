CREATE OR REPLACE FUNCTION set_device_config(device_id text, config jsonb, reason text DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  IF NOT EXISTS (SELECT FROM device d WHERE d.device_id = device_id UNION ALL SELECT
    FROM enrollment e WHERE e.device_id = device_id) THEN
    PERFORM refuse('P0002', format('there is no device %s', device_id),
      'It has to be enrolled, or to have registered. Ids are case-sensitive.');
  END IF;
  PERFORM put_device_config(device_id, config);
  INSERT INTO event (device_id, action, reason) VALUES (device_id, 'set_device_config', reason);
END $$;
COMMENT ON FUNCTION set_device_config(text, jsonb, text) IS
  'Sets what one device is configured with, over its group''s; {} for nothing of its own. If it '
  'is online it gets it at once.';
