-- The connection holds the lock, so the lock ends with it, whatever becomes of the importer.
CREATE OR REPLACE FUNCTION check_importing() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND (classid, objid, objsubid) = (7237, 9, 2)) THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = 'this connection has not begun an import',
      HINT = 'Call registry.import_begin() first.';
  END IF;
END $$;
COMMENT ON FUNCTION check_importing() IS
  'Internal: raises an error unless this connection has begun an import.';
