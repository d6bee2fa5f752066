-- A device that still exists asks again within a minute and waits anew.
CREATE OR REPLACE FUNCTION drop_old_waiting(keep interval, portion int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE old text[];
BEGIN
  old := array(SELECT d.device_id FROM device d
    WHERE d.waiting_digest IS NOT NULL AND d.waiting_since < now() - keep AND d.generation = 0
      AND d.state = 'provisioning_requested'
    LIMIT portion FOR UPDATE SKIP LOCKED);
  DELETE FROM nudge WHERE device_id = ANY (old);
  DELETE FROM config_due WHERE device_id = ANY (old);
  DELETE FROM device WHERE device_id = ANY (old);
  RETURN cardinality(old) = portion;
END $$;
COMMENT ON FUNCTION drop_old_waiting(interval, int) IS
  'Internal: deletes a portion of the devices that waited for approval longer than their retention '
  'and never registered. True: maybe not all.';
