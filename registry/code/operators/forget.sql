CREATE OR REPLACE FUNCTION forget(device_id text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  current device;
  erased bigint;
  place text;
BEGIN
  SELECT * INTO current FROM device d WHERE d.device_id = forget.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('the device %s never registered', device_id),
      'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF current.decommissioned_at IS NULL THEN
    PERFORM refuse('55000', format('the device %s is %s', device_id, current.state),
      'decommission(device_id, reason) comes first: what is forgotten cannot serve.');
  END IF;
  UPDATE device d SET attributes = '{}', failure = NULL, config_digest = NULL, config_fault = NULL,
    undelivered = NULL, reason = NULL, proof_key = NULL WHERE d.device_id = forget.device_id;
  UPDATE credential c SET certificate = NULL, key_fingerprint = NULL, encryption_key = NULL,
    erased_at = coalesce(c.erased_at, now())
    WHERE c.device_id = forget.device_id;
  GET DIAGNOSTICS erased = ROW_COUNT;
  -- Beside its own row, its credentials and the history nothing stays that is kept of a device,
  -- wherever that may be.
  FOR place IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      AND a.attname = 'device_id'
    WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      AND c.relname NOT IN ('device', 'credential', 'enrollment_import') ORDER BY c.relname
  LOOP
    EXECUTE format('DELETE FROM %I WHERE device_id = $1', place) USING forget.device_id;
  END LOOP;
  INSERT INTO event (device_id, group_name, action, generation, reason)
    VALUES (device_id, current.group_name, 'forget', current.generation,
      format('erased: attributes, enrolment, certificates and keys of %s credentials', erased));
END $$;
COMMENT ON FUNCTION forget(text) IS
  'Erases what a decommissioned device said of itself, its certificates, keys and individual '
  'enrolment. What happened, under its device id, stays, and so does that this was done.';
