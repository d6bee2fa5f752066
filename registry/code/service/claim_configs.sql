-- Few at a time: those that are online all answer at once, and newcomers wait for that. One
-- replica claims a device; if that replica dies, the device is due again. A device that does not
-- acknowledge is sent its configuration a few more times, and after that with its next status.
CREATE OR REPLACE FUNCTION claim_configs(p jsonb) RETURNS TABLE (device_id text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH due AS (SELECT q.device_id FROM config_due q WHERE q.due_at <= now()
    ORDER BY q.due_at LIMIT 64 FOR UPDATE SKIP LOCKED),
  given_up AS (DELETE FROM config_due q USING due WHERE q.device_id = due.device_id
    AND q.tries >= 6)
  UPDATE config_due q SET due_at = now() + make_interval(secs => 5 * 2 ^ q.tries),
    tries = q.tries + 1
    FROM due WHERE q.device_id = due.device_id AND q.tries < 6 RETURNING q.device_id;
END $$;
COMMENT ON FUNCTION claim_configs(jsonb) IS
  'Service: claims devices whose configuration is due, for five seconds or longer.';
