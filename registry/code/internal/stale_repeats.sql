-- If a credential was revoked after the load, its answer is not repeated.
CREATE OR REPLACE FUNCTION stale_repeats(b decided_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
BEGIN
  RETURN array(SELECT q.i FROM unnest(b) q WHERE q.repeated IS NOT NULL AND NOT EXISTS (
    SELECT FROM device d JOIN credential c USING (device_id)
    WHERE d.device_id = q.device_id AND d.state NOT IN ('suspended', 'revoked')
      AND c.generation = q.repeated AND is_live(c, now())));
END $$;
COMMENT ON FUNCTION stale_repeats(decided_request[]) IS
  'Internal: returns the repeated answers whose credential ended after it was loaded.';
