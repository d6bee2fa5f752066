-- The callers forbid hash joins. Without one, a batch of 500 devices compares 250,000 pairs of rows
-- here.
CREATE OR REPLACE FUNCTION log_device_update() RETURNS trigger
LANGUAGE plpgsql SET enable_nestloop = off SET enable_hashjoin = on AS $$
BEGIN
  INSERT INTO event (device_id, group_name, action, old_state, new_state, generation, reason)
    SELECT n.device_id, n.group_name,
      CASE WHEN o.state <> n.state THEN 'state' WHEN n.generation = o.generation + 1
      THEN 'credential' ELSE 'restored' END, o.state, n.state, n.generation,
           CASE WHEN n.acted_at IS DISTINCT FROM o.acted_at THEN n.reason END
    FROM before o JOIN fresh n USING (device_id)
      WHERE (o.state, o.generation) IS DISTINCT FROM (n.state, n.generation);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION log_device_update() IS
  'Trigger: writes an event for each device whose state or generation changed.';
