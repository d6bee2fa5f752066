CREATE OR REPLACE FUNCTION forget(INOUT device_id text, reason text DEFAULT NULL,
  OUT credentials_erased bigint, OUT enrolment_erased boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  current device;
  place text;
BEGIN
  reason := checked_reason('forget', reason);
  SELECT * INTO current FROM device d WHERE d.device_id = forget.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('the device %s never registered', device_id),
      HINT = 'Ids are case-sensitive. SELECT device_id, state FROM registry.devices lists the '
        'devices.';
  ELSIF current.decommissioned_at IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s is %s', device_id, current.state),
      HINT = 'Call registry.decommission first: a device whose data is erased cannot be served.';
  END IF;
  UPDATE device d SET attributes = '{}', reported = '{}', failure = NULL,
    config_digest = NULL, config_fault = NULL, undelivered = NULL, reason = NULL,
    proof_key = NULL WHERE d.device_id = forget.device_id;
  UPDATE credential c SET certificate = NULL, key_fingerprint = NULL, encryption_key = NULL,
    sealing_key = NULL, erased_at = coalesce(c.erased_at, now())
    WHERE c.device_id = forget.device_id;
  GET DIAGNOSTICS credentials_erased = ROW_COUNT;
  enrolment_erased := EXISTS (SELECT FROM enrollment e WHERE e.device_id = forget.device_id);
  -- The rows in device, credential and of what the gate knows and the history stay. Every other
  -- table that has a device_id, also one that a later version adds, loses the rows of this device.
  FOR place IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      AND a.attname = 'device_id'
    WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      AND c.relname NOT IN ('device', 'credential', 'access_entry', 'rights_entry',
        'enrollment_import')
    ORDER BY c.relname
  LOOP
    EXECUTE format('DELETE FROM %I WHERE device_id = $1', place) USING forget.device_id;
  END LOOP;
  INSERT INTO event (device_id, group_name, action, generation, reason)
    VALUES (device_id, current.group_name, 'forget', current.generation,
      format('%s; erased: attributes, enrolment, certificates and keys of %s credentials', reason,
        credentials_erased));
END $$;
COMMENT ON FUNCTION forget(text, text) IS
  'Erases what a decommissioned device said about itself, its certificates, its keys and its '
  'individual enrolment. The history under its id stays, and an event records the erasure.';
