-- Writes one message to the write-ahead log: its commit must reach the disk, and a synchronous
-- standby. The numbers exceed work_mem and go to a temporary file: so it fails on a full disk.
CREATE OR REPLACE FUNCTION prove_commit() RETURNS void
LANGUAGE plpgsql SET work_mem = '64kB' AS $$
BEGIN
  PERFORM count(*) FROM generate_series(1, 8000);
  PERFORM pg_logical_emit_message(true, 'latchkey', '');
END $$;
COMMENT ON FUNCTION prove_commit() IS
  'Service: fails if nothing can be committed. It changes nothing.';
