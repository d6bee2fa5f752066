CREATE OR REPLACE FUNCTION import_begin() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- One that was cut off goes on to the end of its statement: lock_timeout says how long to wait
  -- for that.
  PERFORM pg_advisory_lock(7237, 9);
  TRUNCATE enrollment_import;
EXCEPTION WHEN lock_not_available THEN
  PERFORM refuse('55P03', 'another import is running',
    'It has to end first; an import that was cut off ends with its connection.');
END $$;
COMMENT ON FUNCTION import_begin() IS
  'Begins an import on this connection, when no other is running: COPY '
  'registry.enrollment_import, import_problems, import_enroll, import_end.';
