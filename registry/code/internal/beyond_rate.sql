-- If a device may get N credentials an hour, it is over the rate when the Nth last one is younger
-- than an hour: no counter is needed, and a device with few credentials costs next to nothing.
-- Where a life lasts minutes, three for each life are allowed; an honest device needs fewer than
-- two.
CREATE OR REPLACE FUNCTION beyond_rate(b decided_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(b) WHERE decision = 'accepted' AND NOT to_registered)
    THEN RETURN '{}'; END IF;
  RETURN array(SELECT q.i FROM unnest(b) q
      LEFT JOIN enrollment_group g ON g.name = q.group_name
      CROSS JOIN LATERAL (SELECT greatest(coalesce(g.credentials_per_hour, 10),
        3 * 3600 / g.lifetime_s) AS most) r
      JOIN credential c ON c.device_id = q.device_id AND c.generation = q.expected + 1 - r.most
      JOIN device d ON d.device_id = q.device_id
    WHERE q.decision = 'accepted' AND NOT q.to_registered AND q.expected >= r.most
      AND c.issued_at > greatest(now() - interval '1 hour', d.registered_at));
END $$;
COMMENT ON FUNCTION beyond_rate(decided_request[]) IS
  'Internal: returns the accepted requests of devices that already got as many new credentials '
  'within an hour as their group allows.';
