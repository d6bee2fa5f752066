CREATE OR REPLACE FUNCTION guard_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_importing();
  RETURN NULL;
END $$;
COMMENT ON FUNCTION guard_import() IS 'Trigger: nobody adds to the import of another.';
