CREATE OR REPLACE FUNCTION enable_group(name text, reason text DEFAULT NULL) RETURNS void
  LANGUAGE sql
  AS $$ SELECT set_status('group', $1, 'enabled', $2) $$;
COMMENT ON FUNCTION enable_group(text, text) IS 'Lets a disabled group go on.';
