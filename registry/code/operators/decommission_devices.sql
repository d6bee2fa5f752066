CREATE OR REPLACE FUNCTION decommission_devices(device_ids text[], reason text)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  quotas text[];
BEGIN
  PERFORM check_many(device_ids);
  quotas := array(SELECT d.quota FROM device d WHERE d.device_id = ANY (device_ids));
  quotas := array(SELECT unnest(ARRAY[q.name, q.parent]) FROM quota q WHERE q.name = ANY (quotas));
  PERFORM FROM quota WHERE name = ANY (quotas) ORDER BY name FOR NO KEY UPDATE;
  PERFORM FROM device d WHERE d.device_id = ANY (device_ids)
    ORDER BY d.device_id FOR NO KEY UPDATE;
  FOR device_id, refusal IN
    SELECT n.id, CASE WHEN d.decommissioned_at IS NOT NULL THEN 'it is decommissioned already'
      WHEN d.device_id IS NULL AND e.device_id IS NULL THEN 'there is no such device' END
    FROM each_once(device_ids) n(id) LEFT JOIN device d ON d.device_id = n.id
      LEFT JOIN enrollment e ON e.device_id = n.id ORDER BY n.id
  LOOP
    IF refusal IS NULL THEN PERFORM decommission(device_id, decommission_devices.reason); END IF;
    outcome := CASE WHEN refusal IS NULL THEN 'done' ELSE 'refused' END;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION decommission_devices(text[], text) IS
  'decommission, for up to 10000 devices. A row each: done, or refused and why.';
