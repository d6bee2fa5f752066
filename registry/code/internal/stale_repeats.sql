-- A revocation since the load has the last word.
CREATE OR REPLACE FUNCTION stale_repeats(b decided_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
BEGIN
  RETURN array(SELECT q.i FROM unnest(b) q WHERE q.repeated IS NOT NULL AND NOT EXISTS (
    SELECT FROM device d JOIN credential c USING (device_id)
    WHERE d.device_id = q.device_id AND d.state NOT IN ('suspended', 'revoked')
      AND c.generation = q.repeated AND is_live(c, now())));
END $$;
COMMENT ON FUNCTION stale_repeats(decided_request[]) IS
  'Internal: repeated answers whose credential is no longer what it was when it was loaded.';
