-- The lock is the connection's: it goes with it, whatever becomes of the importer.
CREATE OR REPLACE FUNCTION check_importing() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND (classid, objid, objsubid) = (7237, 9, 2)) THEN
    PERFORM refuse('55000', 'this connection has begun no import',
      'SELECT registry.import_begin() begins one.');
  END IF;
END $$;
COMMENT ON FUNCTION check_importing() IS 'Internal: only who has begun an import goes on with it.';
