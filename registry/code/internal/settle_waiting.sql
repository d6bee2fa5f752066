CREATE OR REPLACE FUNCTION settle_waiting(id text, approved boolean, why text,
  OUT device_id text, OUT group_name text, OUT decision text, OUT waiting_since timestamptz)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE waiting bytea;
BEGIN
  SELECT d.device_id, d.group_name, CASE WHEN approved THEN 'approved' ELSE 'rejected' END,
      d.waiting_since, d.waiting_digest
    INTO device_id, group_name, decision, waiting_since, waiting FROM device d
    WHERE d.device_id = id AND state = 'provisioning_requested' FOR NO KEY UPDATE;
  IF waiting IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s does not wait for approval', id),
      HINT = 'SELECT device_id FROM registry.pending_approvals lists the devices that do.';
  END IF;
  UPDATE device d SET waiting_digest = NULL, waiting_since = NULL, acted_at = clock_timestamp(),
    actor = session_user, reason = why,
      approved_digest = CASE WHEN approved THEN waiting ELSE approved_digest END,
      rejected_digest = CASE WHEN approved THEN rejected_digest ELSE waiting END
    WHERE d.device_id = id;
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (id, group_name, CASE WHEN approved THEN 'approve' ELSE 'reject' END, why);
  UPDATE nudge n SET settled_at = now() WHERE n.device_id = id;
  PERFORM pg_notify('latchkey', 'approval');
END $$;
COMMENT ON FUNCTION settle_waiting(text, boolean, text) IS
  'Internal: records an operator''s decision on a request that waits for approval.';
