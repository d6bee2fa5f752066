CREATE OR REPLACE FUNCTION enable_group(INOUT name text, reason text DEFAULT NULL,
  OUT old_status text, OUT new_status text) LANGUAGE sql
  AS $$ SELECT * FROM set_status('group', $1, 'enabled', checked_reason('enable_group', $2)) $$;
COMMENT ON FUNCTION enable_group(text, text) IS
  'Ends disable_group.';
