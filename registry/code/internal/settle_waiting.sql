CREATE OR REPLACE FUNCTION settle_waiting(id text, approved boolean, why text) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE waiting bytea;
BEGIN
  SELECT waiting_digest INTO waiting FROM device
    WHERE device_id = id AND state = 'provisioning_requested' FOR NO KEY UPDATE;
  IF waiting IS NULL THEN
    PERFORM refuse('55000', format('the device %s does not wait for approval', id),
      'SELECT * FROM registry.pending_approvals shows who does.');
  END IF;
  UPDATE device SET waiting_digest = NULL, waiting_since = NULL, acted_at = clock_timestamp(),
    actor = session_user, reason = why,
      approved_digest = CASE WHEN approved THEN waiting ELSE approved_digest END,
      rejected_digest = CASE WHEN approved THEN rejected_digest ELSE waiting END
    WHERE device_id = id;
  INSERT INTO event (device_id, action, reason)
    VALUES (id, CASE WHEN approved THEN 'approve' ELSE 'reject' END, why);
  UPDATE nudge SET settled_at = now() WHERE device_id = id;
  PERFORM pg_notify('latchkey', 'approval');
END $$;
COMMENT ON FUNCTION settle_waiting(text, boolean, text) IS
  'Internal: an operator''s word on what waits.';
