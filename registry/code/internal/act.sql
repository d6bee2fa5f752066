-- One place for what every act on a device does: lock the row, write who and why; the trigger
-- writes the event.
CREATE OR REPLACE FUNCTION act(id text, allowed text[], next text, why text, hint text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE current device;
BEGIN
  SELECT * INTO current FROM device WHERE device_id = id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('the device %s never registered', id),
      'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF NOT current.state = ANY (allowed) THEN
    PERFORM refuse('55000', format('the device %s is %s', id, current.state), hint);
  END IF;
  UPDATE device SET state = coalesce(next, current.resume_state),
    resume_state = CASE next WHEN 'suspended' THEN current.state END,
      enrolled_by = CASE next WHEN 'off' THEN NULL ELSE enrolled_by END,
      proof_key = CASE next WHEN 'off' THEN NULL ELSE proof_key END,
      waiting_digest = CASE next WHEN 'off' THEN NULL ELSE waiting_digest END,
      waiting_since = CASE next WHEN 'off' THEN NULL ELSE waiting_since END,
      approved_digest = CASE next WHEN 'off' THEN NULL ELSE approved_digest END,
      rejected_digest = CASE next WHEN 'off' THEN NULL ELSE rejected_digest END,
      requested_at = CASE next WHEN 'off' THEN NULL ELSE requested_at END,
      decommissioned_at = CASE next WHEN 'off' THEN NULL ELSE decommissioned_at END,
      acted_at = clock_timestamp(), actor = session_user, reason = why,
      access_changed_at = clock_timestamp(), broker_applied_at = NULL
    WHERE device_id = id;
  IF next IN ('off', 'revoked') THEN
    -- A certificate that a newer one replaced is good for a broker until it expires, so it goes
    -- too: of a device that renewed all the time the newest thousand, so that this takes no longer
    -- and the CRL stays short. The one in use may be older: presence knows it.
    UPDATE credential SET status = 'revoked', revoked_at = now(),
      ended_at = coalesce(ended_at, now())
      WHERE device_id = id AND generation = ANY (
        array(SELECT generation FROM credential n WHERE n.device_id = id
          ORDER BY generation DESC LIMIT 1000)
        || array(SELECT generation FROM presence r WHERE r.device_id = id))
        AND (status IN ('issued', 'active') OR (status = 'retired' AND not_after > now()));
  END IF;
  PERFORM pg_notify('latchkey', 'access');
END $$;
COMMENT ON FUNCTION act(text, text[], text, text, text) IS
  'Internal: moves a device to another state on an operator''s word.';
