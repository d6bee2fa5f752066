CREATE OR REPLACE FUNCTION import_end() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_importing();
  PERFORM analyze_filled('enrollment', count(*)) FROM enrollment_import;
  TRUNCATE enrollment_import;
  PERFORM pg_advisory_unlock(7237, 9);
END $$;
COMMENT ON FUNCTION import_end() IS
  'Ends the import and deletes the rows that it copied.';
