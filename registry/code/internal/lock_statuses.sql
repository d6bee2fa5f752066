-- Only statuses that change the device row lock it. The order is that of lock_requests: devices by
-- id, then presence by id.
CREATE OR REPLACE FUNCTION lock_statuses(b decided_status[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
  devices text[] := array(
    SELECT d.device_id::text FROM device d JOIN unnest(b) q USING (device_id)
    WHERE q.expected <> q.next OR q.kind IN ('ready', 'failed') OR q.new_version IS NOT NULL
      OR (q.kind = 'connected' AND (d.connected_at IS NULL
      OR (q.confirms IS NOT false AND (d.credentials_sent_at IS NULL
      OR d.confirmed IS NULL OR d.confirmed < q.generation OR EXISTS (
      SELECT FROM credential c WHERE c.device_id = q.device_id
        AND (c.generation = q.generation AND c.status = 'issued' OR c.generation < q.generation
        AND c.status IN ('issued', 'active'))))))));
  free_devices text[];
  free_presence text[];
BEGIN
  IF (b[1]).skip_locked IS NOT TRUE THEN
    PERFORM FROM device WHERE device_id = ANY (devices) ORDER BY device_id FOR NO KEY UPDATE;
    PERFORM FROM presence WHERE device_id = ANY (ids) ORDER BY device_id FOR UPDATE;
    RETURN '{}';
  END IF;
  free_devices := array(SELECT device_id::text FROM device WHERE device_id = ANY (devices)
    FOR NO KEY UPDATE SKIP LOCKED);
  free_presence := array(SELECT device_id FROM presence WHERE device_id = ANY (ids)
    FOR UPDATE SKIP LOCKED);
  RETURN array(
    SELECT q.i FROM unnest(b) q LEFT JOIN presence r ON r.device_id = q.device_id
    WHERE (q.device_id = ANY (devices) AND NOT q.device_id = ANY (free_devices))
      OR (r.device_id IS NOT NULL AND NOT r.device_id = ANY (free_presence)));
END $$;
COMMENT ON FUNCTION lock_statuses(decided_status[]) IS
  'Internal: locks the rows that commit_statuses changes. If the batch says skip_locked, returns '
  'those of its rows that another session keeps locked.';
