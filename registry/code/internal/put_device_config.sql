CREATE OR REPLACE FUNCTION put_device_config(id text, patch jsonb) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO device_config AS c (device_id, config) VALUES (id, patch)
    ON CONFLICT (device_id) DO UPDATE SET config = EXCLUDED.config, changes = c.changes + 1
      WHERE c.config <> EXCLUDED.config;
  INSERT INTO config_due AS q (device_id) SELECT d.device_id FROM device d WHERE d.device_id = id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0;
  PERFORM pg_notify('latchkey', 'config');
END $$;
COMMENT ON FUNCTION put_device_config(text, jsonb) IS
  'Internal: stores a device''s own configuration and makes it due.';
