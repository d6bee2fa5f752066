CREATE OR REPLACE FUNCTION access_looked_up() RETURNS void
LANGUAGE sql SET enable_seqscan = off AS $$
  UPDATE device SET broker_applied_at = clock_timestamp() WHERE device_id IN (
    SELECT d.device_id FROM device d WHERE d.broker_applied_at IS NULL
      AND d.access_changed_at IS NOT NULL ORDER BY d.device_id FOR NO KEY UPDATE SKIP LOCKED)
$$;
COMMENT ON FUNCTION access_looked_up() IS
  'Service: marks operators'' changes as applied where the broker reads rights from the database.';
