-- A message in the log of the database and nothing else: a commit that has to reach the disk, and a
-- standby that is waited for. The numbers do not fit into work_mem and go to a file: it fails where
-- there is no room for one.
CREATE OR REPLACE FUNCTION prove_commit() RETURNS void
LANGUAGE plpgsql SET work_mem = '64kB' AS $$
BEGIN
  PERFORM count(*) FROM generate_series(1, 8000);
  PERFORM pg_logical_emit_message(true, 'latchkey', '');
END $$;
COMMENT ON FUNCTION prove_commit() IS
  'Service: fails if nothing can be committed. It changes nothing.';
