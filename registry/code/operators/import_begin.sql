CREATE OR REPLACE FUNCTION import_begin() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- An import whose connection was cut off holds the lock until its statement ends; lock_timeout
  -- bounds the wait.
  PERFORM pg_advisory_lock(7237, 9);
  TRUNCATE enrollment_import;
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION USING ERRCODE = '55P03',
    MESSAGE = 'another import is running',
    HINT = 'Wait until it has ended.';
END $$;
COMMENT ON FUNCTION import_begin() IS
  'Begins an import on this connection, unless another one is running. Then come COPY into '
  'registry.enrollment_import, import_problems, import_enroll and import_end.';
