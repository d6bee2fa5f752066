CREATE OR REPLACE FUNCTION decommission_devices(device_ids text[], reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_state text, new_state text,
    credentials_ended bigint)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  why text := checked_reason('decommission_devices', decommission_devices.reason);
  quotas text[];
BEGIN
  PERFORM check_many(device_ids);
  quotas := array(SELECT d.quota FROM device d WHERE d.device_id = ANY (device_ids));
  quotas := array(SELECT unnest(ARRAY[q.name, q.parent]) FROM quota q WHERE q.name = ANY (quotas));
  PERFORM FROM quota WHERE name = ANY (quotas) ORDER BY name FOR NO KEY UPDATE;
  PERFORM FROM device d WHERE d.device_id = ANY (device_ids)
    ORDER BY d.device_id FOR NO KEY UPDATE;
  FOR device_id, old_state, refusal IN
    SELECT n.id, coalesce(d.state, CASE WHEN e.device_id IS NOT NULL THEN 'off' END),
      CASE WHEN d.decommissioned_at IS NOT NULL THEN 'it is decommissioned already'
      WHEN d.device_id IS NULL AND e.device_id IS NULL THEN 'there is no such device' END
    FROM each_once(device_ids) n(id) LEFT JOIN device d ON d.device_id = n.id
      LEFT JOIN enrollment e ON e.device_id = n.id ORDER BY n.id
  LOOP
    outcome := CASE WHEN refusal IS NULL THEN 'done' ELSE 'refused' END;
    new_state := old_state;
    credentials_ended := 0;
    IF refusal IS NULL THEN
      SELECT a.new_state, a.credentials_ended INTO new_state, credentials_ended
        FROM decommission(decommission_devices.device_id, why) a;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION decommission_devices(text[], text) IS
  'decommission, for up to 10000 devices. Returns a row for each: done, or refused and why.';
