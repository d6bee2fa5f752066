-- What all acts on a device have in common: lock the row, change its state, end its credentials.
-- The trigger on device writes the event.
CREATE OR REPLACE FUNCTION act(id text, allowed text[], next text, why text, hint text,
  OUT device_id text, OUT old_state text, OUT new_state text, OUT credentials_ended bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE current device;
BEGIN
  SELECT * INTO current FROM device d WHERE d.device_id = id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('the device %s never registered', id),
      HINT = 'Ids are case-sensitive. SELECT device_id, state FROM registry.devices lists the '
        'devices.';
  ELSIF NOT current.state = ANY (allowed) THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s is %s', id, current.state),
      HINT = hint;
  END IF;
  device_id := id;
  old_state := current.state;
  new_state := coalesce(next, current.resume_state);
  credentials_ended := 0;
  UPDATE device d SET state = act.new_state,
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
    WHERE d.device_id = id;
  IF next IN ('off', 'revoked') THEN
    -- A broker accepts a replaced certificate until it expires, so that one is revoked too. At most
    -- the newest thousand are, however often the device renewed: this bounds the time that the act
    -- takes and the length of the CRL. The certificate in use may be older; presence names it.
    UPDATE credential c SET status = 'revoked', revoked_at = now(),
      ended_at = coalesce(ended_at, now())
      WHERE c.device_id = id AND c.generation = ANY (
        array(SELECT generation FROM credential n WHERE n.device_id = id
          ORDER BY generation DESC LIMIT 1000)
        || array(SELECT generation FROM presence r WHERE r.device_id = id))
        AND (status IN ('issued', 'active') OR (status = 'retired' AND not_after > now()));
    GET DIAGNOSTICS credentials_ended = ROW_COUNT;
  END IF;
  IF current.generation > 0 THEN PERFORM note_access(ARRAY[id], next IS NOT NULL); END IF;
  PERFORM pg_notify('latchkey', 'access');
END $$;
COMMENT ON FUNCTION act(text, text[], text, text, text) IS
  'Internal: changes a device''s state for an operator. next NULL: the state before suspend.';
