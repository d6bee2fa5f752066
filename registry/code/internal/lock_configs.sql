-- Locks in the same order as lock_statuses.
CREATE OR REPLACE FUNCTION lock_configs(b worked_out_config[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
  free_devices text[];
  free_presence text[];
  free_due text[];
BEGIN
  IF (b[1]).skip_locked IS NOT TRUE THEN
    PERFORM FROM device WHERE device_id = ANY (ids) ORDER BY device_id FOR NO KEY UPDATE;
    PERFORM FROM presence WHERE device_id = ANY (ids) ORDER BY device_id FOR UPDATE;
    PERFORM FROM config_due WHERE device_id = ANY (ids) ORDER BY device_id FOR UPDATE;
    RETURN '{}';
  END IF;
  free_devices := array(SELECT device_id::text FROM device WHERE device_id = ANY (ids)
    FOR NO KEY UPDATE SKIP LOCKED);
  free_presence := array(SELECT device_id FROM presence WHERE device_id = ANY (ids)
    FOR UPDATE SKIP LOCKED);
  free_due := array(SELECT device_id FROM config_due WHERE device_id = ANY (ids)
    FOR UPDATE SKIP LOCKED);
  RETURN array(
    SELECT q.i FROM unnest(b) q LEFT JOIN presence r ON r.device_id = q.device_id
      LEFT JOIN config_due c ON c.device_id = q.device_id
    WHERE NOT q.device_id = ANY (free_devices)
      OR (r.device_id IS NOT NULL AND NOT r.device_id = ANY (free_presence))
      OR (c.device_id IS NOT NULL AND NOT c.device_id = ANY (free_due)));
END $$;
COMMENT ON FUNCTION lock_configs(worked_out_config[]) IS
  'Internal: locks the rows that commit_configs changes. If the batch says skip_locked, returns '
  'those of its rows that another session keeps locked.';
