CREATE OR REPLACE FUNCTION guard_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_importing();
  RETURN NULL;
END $$;
COMMENT ON FUNCTION guard_import() IS
  'Trigger: only the connection that began an import adds rows to it.';
