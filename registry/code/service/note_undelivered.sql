-- The device asks again and again: the same failure is written once a minute, and a locked row is
-- left out. A device that has spoken since then will ask for what it lacks.
CREATE OR REPLACE FUNCTION note_undelivered(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b undelivered_message[] := array(
    SELECT r FROM jsonb_populate_recordset(NULL::undelivered_message, p) r);
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
BEGIN
  ids := array(SELECT d.device_id FROM device d WHERE d.device_id = ANY (ids)
    ORDER BY d.device_id FOR NO KEY UPDATE SKIP LOCKED);
  UPDATE device d SET undelivered_at = now(), undelivered = q.what FROM unnest(b) q
    WHERE d.device_id = ANY (ids) AND d.device_id = q.device_id
      AND (d.undelivered IS DISTINCT FROM q.what
        OR d.undelivered_at < now() - interval '1 minute')
      AND NOT EXISTS (SELECT FROM presence r WHERE r.device_id = d.device_id
        AND r.last_seen_at > now() - q.ago_ms * interval '1 ms');
END $$;
COMMENT ON FUNCTION note_undelivered(jsonb) IS
  'Service: notes messages to devices that the broker did not take, one for each device.';
