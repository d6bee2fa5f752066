CREATE OR REPLACE FUNCTION stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id();
  RETURN NEW;
END $$;
COMMENT ON FUNCTION stamp_change() IS
  'Internal: writes into the row by which transaction it was changed.';
