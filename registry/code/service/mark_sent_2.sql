CREATE OR REPLACE FUNCTION mark_sent_2(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b sent_credential[] := array(SELECT r FROM jsonb_populate_recordset(NULL::sent_credential, p) r);
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
  free text[] := array(SELECT device_id::text FROM device WHERE device_id = ANY (ids)
    FOR NO KEY UPDATE SKIP LOCKED);
  busy text[];
BEGIN
  IF cardinality(free) < cardinality(ids) THEN
    busy := array(SELECT device_id::text FROM device WHERE device_id = ANY (ids)
      AND NOT device_id = ANY (free));
  END IF;
  UPDATE device d SET credentials_sent_at = now(), undelivered = NULL FROM unnest(b) q
    WHERE d.device_id = q.device_id AND d.generation = q.generation
      AND d.credentials_sent_at IS NULL AND (q.device_id = ANY (busy)) IS NOT true;
  RETURN QUERY SELECT q.i, CASE WHEN q.device_id = ANY (busy) THEN 'busy' ELSE 'won' END
    FROM unnest(b) q;
END $$;
COMMENT ON FUNCTION mark_sent_2(jsonb) IS
  'Service: notes that the broker took the answers with these credentials. Returns a row for each: '
  'won, or busy (another session keeps the device locked: call again).';
