CREATE OR REPLACE FUNCTION mark_sent_2(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b sent_credential[] := array(SELECT r FROM jsonb_populate_recordset(NULL::sent_credential, p) r);
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
  free text[] := array(SELECT device_id::text FROM device WHERE device_id = ANY (ids)
    FOR NO KEY UPDATE SKIP LOCKED);
BEGIN
  UPDATE device d SET credentials_sent_at = now(), undelivered = NULL FROM unnest(b) q
    WHERE d.device_id = ANY (free) AND d.device_id = q.device_id AND d.generation = q.generation
      AND d.credentials_sent_at IS NULL;
  RETURN QUERY SELECT q.i, CASE WHEN d.device_id IS NULL OR q.device_id = ANY (free) THEN 'won'
      ELSE 'busy' END
    FROM unnest(b) q LEFT JOIN LATERAL (
      SELECT v.device_id FROM device v WHERE v.device_id = q.device_id LIMIT 1) d ON true;
END $$;
COMMENT ON FUNCTION mark_sent_2(jsonb) IS
  'Service: notes that the broker took the answers with these credentials. Returns a row for each: '
  'won, or busy (another session keeps the device locked: call again).';
