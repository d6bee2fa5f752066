CREATE OR REPLACE FUNCTION disable_group(INOUT name text, reason text DEFAULT NULL,
  OUT old_status text, OUT new_status text) LANGUAGE sql
  AS $$ SELECT * FROM set_status('group', $1, 'disabled', checked_reason('disable_group', $2)) $$;
COMMENT ON FUNCTION disable_group(text, text) IS
  'Refuses all requests of the devices that came by this group, renewals included, until '
  'enable_group.';
