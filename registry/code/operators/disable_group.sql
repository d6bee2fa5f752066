CREATE OR REPLACE FUNCTION disable_group(name text, reason text DEFAULT NULL) RETURNS void
  LANGUAGE sql
  AS $$ SELECT set_status('group', $1, 'disabled', $2) $$;
COMMENT ON FUNCTION disable_group(text, text) IS
  'Refuses every request of the group''s devices, renewals too, until enable_group.';
