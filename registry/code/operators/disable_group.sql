CREATE OR REPLACE FUNCTION disable_group(INOUT name text, reason text DEFAULT NULL,
  OUT old_status text, OUT new_status text) LANGUAGE sql
  AS $$ SELECT * FROM set_status('group', $1, 'disabled', checked_reason('disable_group', $2)) $$;
COMMENT ON FUNCTION disable_group(text, text) IS
  'Refuses the devices that came by this group until enable_group: their requests, renewals and '
  'sessions. They get no configurations, and the broker keeps them out as it keeps out suspended '
  'devices. Devices with an enrolment of their own go on.';
