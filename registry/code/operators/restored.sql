CREATE OR REPLACE FUNCTION restored(reason text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  gap constant int := 1000;
  n bigint;
BEGIN
  reason := checked_reason('restored', reason);
  INSERT INTO device (device_id, group_name, state, generation) SELECT e.device_id, e.group_name,
    'off', 0 FROM enrollment e
    WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id)
    ORDER BY e.device_id ON CONFLICT DO NOTHING;
  -- In the order in which everybody locks devices: the service goes on meanwhile.
  PERFORM FROM device ORDER BY device_id FOR NO KEY UPDATE;
  UPDATE device SET generation = generation + gap, config_version = config_version + gap;
  GET DIAGNOSTICS n = ROW_COUNT;
  -- A device that stayed connected gets its configuration under the new version.
  INSERT INTO config_due AS q (device_id) SELECT r.device_id FROM presence r WHERE r.online
    ORDER BY r.device_id ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0;
  -- In the new epoch the broker's gate is told everything again, and refuses the lost versions.
  UPDATE setting SET access_epoch =
    greatest(access_epoch + 1, extract(epoch FROM clock_timestamp())::bigint);
  PERFORM pg_notify('latchkey', 'config'), pg_notify('latchkey', 'access');
  INSERT INTO event (action, reason) VALUES ('restored', restored.reason);
  RETURN n;
END $$;
COMMENT ON FUNCTION restored(text) IS
  'Call it once after the database lost commits: after a restore to an earlier time, before the '
  'service starts, or at once after an asynchronous standby was promoted, while the service works. '
  'It adds 1000 to every device''s generation and configuration version, so that the service uses '
  'no number of the lost time again. Returns the number of devices. See docs/operations.md.';
