-- A claim ends after 30 s, so that another service goes on if this one dies. Two at the same time
-- would end each other's connections.
CREATE OR REPLACE FUNCTION claim_cuts(p jsonb) RETURNS TABLE (device_id text, version bigint)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE due text[] := array(SELECT a.device_id::text FROM access_entry a WHERE a.cut_at <= now()
  ORDER BY a.cut_at LIMIT (p ->> 'most')::int FOR NO KEY UPDATE SKIP LOCKED);
BEGIN
  RETURN QUERY WITH claimed AS (
    UPDATE access_entry a SET cut_at = CASE WHEN is_denied(a.device_id) AND
        ((p ->> 'by_crl')::boolean IS NOT TRUE OR EXISTS (SELECT FROM device d
          WHERE d.device_id = a.device_id
            AND d.state IN ('revoked', 'off', 'provisioning_requested')))
        THEN now() + interval '30 s' END
      WHERE a.device_id = ANY (due) RETURNING a.*)
  SELECT c.device_id::text, c.version FROM claimed c WHERE c.cut_at IS NOT NULL;
END $$;
COMMENT ON FUNCTION claim_cuts(jsonb) IS
  'Service: returns up to most devices whose access an operator took away and whose open sessions '
  'are to be ended (by_crl: only those whose certificates are revoked); for 30 s no other call '
  'returns them. Then call sessions_ended.';
