CREATE OR REPLACE FUNCTION mark_sent(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b sent_credential[] := array(SELECT r FROM jsonb_populate_recordset(NULL::sent_credential, p) r);
  ids text[] := array(SELECT q.device_id FROM unnest(b) q);
BEGIN
  PERFORM FROM device WHERE device_id = ANY (ids) ORDER BY device_id FOR NO KEY UPDATE;
  UPDATE device d SET credentials_sent_at = now(), undelivered = NULL FROM unnest(b) q
    WHERE d.device_id = ANY (ids) AND d.device_id = q.device_id AND d.generation = q.generation
      AND d.credentials_sent_at IS NULL;
END $$;
COMMENT ON FUNCTION mark_sent(jsonb) IS
  'Service of the version before: as mark_sent_2, waiting for locked devices.';
