CREATE OR REPLACE FUNCTION enable_device(device_id text, reason text DEFAULT NULL) RETURNS void
  LANGUAGE sql
  AS $$ SELECT set_status('device', $1, 'enabled', $2) $$;
COMMENT ON FUNCTION enable_device(text, text) IS 'Lets a disabled individual enrolment go on.';
