-- The row of a device's newest credential stays, without its certificate: the next generation
-- follows it.
CREATE OR REPLACE FUNCTION drop_old_credentials(keep interval, portion int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  WITH ended AS MATERIALIZED (
    SELECT o.device_id, o.generation, o.generation < (SELECT max(c.generation) FROM credential c
      WHERE c.device_id = o.device_id) AS replaced
    FROM credential o JOIN device d USING (device_id)
      LEFT JOIN enrollment_group g ON g.name = d.group_name
    WHERE o.erased_at IS NULL AND o.not_after < now() - keep
      -- An expired certificate that was in use still renews within its group's grace.
      AND (o.status <> 'active'
        OR o.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) < now())
    LIMIT portion FOR NO KEY UPDATE OF o SKIP LOCKED),
  gone AS (
    DELETE FROM credential c USING ended e
      WHERE e.replaced AND c.device_id = e.device_id AND c.generation = e.generation),
  erased AS (
    UPDATE credential c SET certificate = NULL, encryption_key = NULL, sealing_key = NULL,
      erased_at = now()
      FROM ended e
      WHERE NOT e.replaced AND c.device_id = e.device_id AND c.generation = e.generation)
  SELECT count(*) INTO n FROM ended;
  RETURN n = portion;
END $$;
COMMENT ON FUNCTION drop_old_credentials(interval, int) IS
  'Internal: deletes a portion of the credentials older than their retention. True: maybe not '
  'all.';
