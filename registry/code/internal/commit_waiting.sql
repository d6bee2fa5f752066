-- Of the requests that a device waits with, only the first can be approved.
CREATE OR REPLACE FUNCTION commit_waiting(b decided_request[], crowded int[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE stale int[];
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(b) WHERE decision = 'pending') THEN RETURN '{}'; END IF;
  WITH ins AS (
    INSERT INTO device (device_id, group_name, state, generation, reported, requested_at,
      waiting_digest, waiting_since)
    SELECT device_id, group_name, 'provisioning_requested', 0, attributes, received_at, digest,
      now()
    FROM unnest(b) WHERE decision = 'pending' AND expected IS NULL AND NOT i = ANY (crowded)
    ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO NOTHING RETURNING device_id),
  upd AS (
    UPDATE device d SET state = 'provisioning_requested',
      requested_at = coalesce(d.requested_at, q.received_at),
      -- An operator sees the group and the attributes of the request that waits, not those of a
      -- later one. Nothing was accepted, so they are reported.
      group_name = CASE WHEN d.waiting_digest <> q.digest THEN d.group_name ELSE q.group_name END,
      reported = CASE WHEN d.waiting_digest <> q.digest OR q.attributes = '{}' THEN d.reported
        ELSE q.attributes END,
      waiting_digest = coalesce(d.waiting_digest, q.digest),
      waiting_since = coalesce(d.waiting_since, now())
    FROM unnest(b) q WHERE q.decision = 'pending' AND d.device_id = q.device_id
      AND d.generation = q.expected AND NOT q.i = ANY (crowded)
      AND d.state IN ('off', 'provisioning_requested') RETURNING d.device_id)
  SELECT array(SELECT q.i FROM unnest(b) q WHERE q.decision = 'pending' AND NOT q.i = ANY (crowded)
    AND q.device_id NOT IN (SELECT device_id FROM ins UNION ALL SELECT device_id FROM upd))
    INTO stale;
  INSERT INTO nudge (device_id, request_id, signed_by, answer_key)
    SELECT q.device_id, q.request_id, q.signed_by, q.answer_key FROM unnest(b) q
      JOIN device d USING (device_id)
    WHERE q.decision = 'pending' AND d.waiting_digest = q.digest AND q.request_id IS NOT NULL
    ON CONFLICT (device_id) DO UPDATE SET request_id = EXCLUDED.request_id,
      signed_by = EXCLUDED.signed_by, answer_key = EXCLUDED.answer_key, settled_at = NULL;
  RETURN stale;
END $$;
COMMENT ON FUNCTION commit_waiting(decided_request[], int[]) IS
  'Internal: writes the devices that wait for approval. Returns the rows to be decided again.';
