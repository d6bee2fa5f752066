CREATE OR REPLACE FUNCTION disable_device(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_status text, OUT new_status text) LANGUAGE sql
  AS $$ SELECT * FROM set_status('device', $1, 'disabled', checked_reason('disable_device', $2)) $$;
COMMENT ON FUNCTION disable_device(text, text) IS
  'Refuses a device that is enrolled individually until enable_device, as disable_group does, also '
  'where it could come by a group.';
