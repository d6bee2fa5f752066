CREATE OR REPLACE FUNCTION disable_device(device_id text, reason text DEFAULT NULL) RETURNS void
  LANGUAGE sql
  AS $$ SELECT set_status('device', $1, 'disabled', $2) $$;
COMMENT ON FUNCTION disable_device(text, text) IS
  'Refuses every request of an individually enrolled device, whatever group it could join, until '
  'enable_device.';
