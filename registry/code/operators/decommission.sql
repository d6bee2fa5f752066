CREATE OR REPLACE FUNCTION decommission(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_state text, OUT new_state text, OUT credentials_ended bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  current device;
  counter text;
  never_seen boolean;
BEGIN
  reason := checked_reason('decommission', reason);
  -- A device that is enrolled and never asked for anything gets its row now, so that its enrolment
  -- cannot register it later.
  INSERT INTO device (device_id, group_name, state, generation, acted_at, actor, reason)
    SELECT e.device_id, e.group_name, 'revoked', 0, clock_timestamp(), session_user, reason
      FROM enrollment e
    WHERE e.device_id = decommission.device_id AND NOT EXISTS (SELECT FROM device d
      WHERE d.device_id = decommission.device_id)
    ON CONFLICT DO NOTHING;
  never_seen := FOUND;
  -- Quotas before devices, the order in which everybody locks them.
  SELECT d.quota INTO counter FROM device d WHERE d.device_id = decommission.device_id;
  PERFORM FROM quota WHERE name IN (SELECT unnest(ARRAY[q.name, q.parent]) FROM quota q
    WHERE q.name = counter) ORDER BY name FOR NO KEY UPDATE;
  SELECT * INTO current FROM device d WHERE d.device_id = decommission.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no device %s', device_id),
      HINT = 'Ids are case-sensitive. SELECT device_id, state FROM registry.devices lists the '
        'devices.';
  ELSIF current.decommissioned_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s is decommissioned already', device_id),
      HINT = 'registry.reset lets it provision again.';
  ELSIF current.quota IS DISTINCT FROM counter THEN
    RAISE EXCEPTION USING ERRCODE = '40001',
      MESSAGE = format('the device %s registered at this moment', device_id),
      HINT = 'Try again.';
  END IF;
  old_state := CASE WHEN never_seen THEN 'off' ELSE current.state END;
  credentials_ended := 0;
  IF current.state <> 'revoked' THEN
    SELECT a.credentials_ended INTO credentials_ended FROM act(device_id,
      '{off,provisioning_requested,registered,connected,ready,suspended}', 'revoked', reason, '') a;
  END IF;
  new_state := 'revoked';
  -- A place in a group is given back. A use of a token is not.
  UPDATE quota SET used = used - 1 WHERE name = (SELECT coalesce(q.parent, q.name) FROM quota q
    WHERE q.name = counter) AND name NOT LIKE 'token:%';
  UPDATE device d SET quota = NULL, waiting_digest = NULL, waiting_since = NULL,
    approved_digest = NULL, rejected_digest = NULL,
      decommissioned_at = now(), acted_at = clock_timestamp(), actor = session_user,
      reason = decommission.reason
    WHERE d.device_id = decommission.device_id;
  INSERT INTO event (device_id, group_name, action, generation, reason)
    VALUES (device_id, current.group_name, 'decommission', current.generation, reason);
  PERFORM pg_notify('latchkey', 'access');
END $$;
COMMENT ON FUNCTION decommission(text, text) IS
  'Takes a device out of service for good: ends its credentials, frees its place in a group that '
  'counts its devices, and keeps its history. Only reset lets it provision again.';
