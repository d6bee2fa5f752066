-- Everybody locks in this order: quotas by name, then known devices by id; new devices are inserted
-- by id. `= ANY (array)` leaves the planner no way but the index. A batch that skips locked rows
-- waits for nothing, so it need not keep the order.
CREATE OR REPLACE FUNCTION lock_requests(b decided_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  quotas text[] := array(
    SELECT q.quota FROM unnest(b) q WHERE q.decision = 'accepted' AND q.to_registered
    UNION
    SELECT d.quota FROM unnest(b) q JOIN device d ON d.device_id = q.device_id
      WHERE q.decision = 'accepted' AND q.to_registered AND q.expected IS NOT NULL);
  devices text[] := array(SELECT q.device_id FROM unnest(b) q
    WHERE q.expected IS NOT NULL AND q.decision IN ('accepted', 'pending')
    UNION
    SELECT d.device_id FROM unnest(b) q JOIN device d ON d.device_id = q.device_id
      WHERE q.repeated IS NOT NULL
        AND d.max_message_bytes IS DISTINCT FROM q.max_message_bytes);
  free_quotas text[];
  free_devices text[];
BEGIN
  quotas := array(SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name = ANY (quotas));
  IF (b[1]).skip_locked IS NOT TRUE THEN
    PERFORM FROM quota WHERE name = ANY (quotas) ORDER BY name FOR NO KEY UPDATE;
    PERFORM FROM device WHERE device_id = ANY (devices) ORDER BY device_id FOR NO KEY UPDATE;
    RETURN '{}';
  END IF;
  free_quotas := array(
    SELECT name FROM quota WHERE name = ANY (quotas) FOR NO KEY UPDATE SKIP LOCKED);
  free_devices := array(SELECT device_id::text FROM device WHERE device_id = ANY (devices)
    FOR NO KEY UPDATE SKIP LOCKED);
  RETURN array(
    SELECT q.i FROM unnest(b) q LEFT JOIN device d ON d.device_id = q.device_id
    WHERE (d.device_id = ANY (devices) AND NOT d.device_id = ANY (free_devices))
      OR (q.decision = 'accepted' AND q.to_registered AND EXISTS (
        SELECT FROM quota t WHERE t.name = ANY (ARRAY[q.quota, d.quota])
          AND NOT (t.name = ANY (free_quotas)
            AND (t.parent IS NULL OR t.parent = ANY (free_quotas))))));
END $$;
COMMENT ON FUNCTION lock_requests(decided_request[]) IS
  'Internal: locks the rows that commit_requests changes. If the batch says skip_locked, returns '
  'those of its rows that another session keeps locked.';
