CREATE OR REPLACE FUNCTION decommission(device_id text, reason text) RETURNS void
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  current device;
  counter text;
BEGIN
  -- Enrolled and never heard of: it gets its row now, so that nothing lets it in later.
  INSERT INTO device (device_id, group_name, state, generation, acted_at, actor, reason)
    SELECT e.device_id, e.group_name, 'revoked', 0, clock_timestamp(), session_user, reason
      FROM enrollment e
    WHERE e.device_id = decommission.device_id AND NOT EXISTS (SELECT FROM device d
      WHERE d.device_id = decommission.device_id)
    ON CONFLICT DO NOTHING;
  -- Quotas before devices, as everybody does.
  SELECT d.quota INTO counter FROM device d WHERE d.device_id = decommission.device_id;
  PERFORM FROM quota WHERE name IN (SELECT unnest(ARRAY[q.name, q.parent]) FROM quota q
    WHERE q.name = counter) ORDER BY name FOR NO KEY UPDATE;
  SELECT * INTO current FROM device d WHERE d.device_id = decommission.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('there is no device %s', device_id),
      'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF current.decommissioned_at IS NOT NULL THEN
    PERFORM refuse('55000', format('the device %s is decommissioned already', device_id),
      'reset(device_id, reason) would let it provision anew.');
  ELSIF current.quota IS DISTINCT FROM counter THEN
    PERFORM refuse('40001', format('the device %s registered at this moment', device_id),
      'Try it again.');
  END IF;
  IF current.state <> 'revoked' THEN
    PERFORM act(device_id, '{off,provisioning_requested,registered,connected,ready,suspended}',
      'revoked', reason, '');
  END IF;
  -- A place in a group is given back, a use of a token is not.
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
  'Takes a device out of service for good: its credentials end, its place in a capped group is '
  'free again, its history stays. Only reset would let it provision anew.';
