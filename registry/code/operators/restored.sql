CREATE OR REPLACE FUNCTION restored(reason text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  gap constant int := 1000;
  n bigint;
BEGIN
  IF coalesce(reason, '') = '' THEN
    PERFORM refuse('22023', 'there is no reason', 'Say from which backup, and why.');
  END IF;
  INSERT INTO device (device_id, group_name, state, generation) SELECT e.device_id, e.group_name,
    'off', 0 FROM enrollment e
    WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
  UPDATE device SET generation = generation + gap, config_version = config_version + gap;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO event (action, reason) VALUES ('restored', restored.reason);
  RETURN n;
END $$;
COMMENT ON FUNCTION restored(text) IS
  'Once after a restore to an earlier time, before the service starts: generations and versions '
  'of configurations leave a gap of 1000, so that none that was given out in the lost time is '
  'given out again. Returns how many devices. See docs/operations.md.';
