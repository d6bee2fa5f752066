CREATE OR REPLACE FUNCTION enable_device(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_status text, OUT new_status text) LANGUAGE sql
  AS $$ SELECT * FROM set_status('device', $1, 'enabled', checked_reason('enable_device', $2)) $$;
COMMENT ON FUNCTION enable_device(text, text) IS
  'Ends disable_device.';
