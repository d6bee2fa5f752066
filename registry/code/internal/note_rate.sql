-- An honest device needs fewer than two credentials for each life. One that is refused here may
-- repeat its request 200 times a second: a minute is noted once. A group that allows fewer than ten
-- an hour refuses honest devices too.
CREATE OR REPLACE FUNCTION note_rate(b decided_request[], often int[]) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
  SELECT note_clone(q.device_id, 'asks_often',
    jsonb_build_object('generations', jsonb_build_array(u.first, u.last)))
  FROM unnest(b) q
  JOIN device d ON d.device_id = q.device_id
  CROSS JOIN LATERAL (
    SELECT min(c.generation) AS first, max(c.generation) AS last, count(*) AS used
    FROM credential c WHERE c.device_id = q.device_id AND c.generation > q.expected - 1000
      AND c.issued_at > greatest(now() - interval '1 hour', d.registered_at)
      AND c.connected_at IS NOT NULL) u
  WHERE q.i = ANY (often) AND u.used >= 9 AND u.used >= q.expected - u.first
    AND NOT EXISTS (SELECT FROM clone_sign k WHERE k.device_id = q.device_id
      AND k.sign = 'asks_often' AND k.last_seen > now() - interval '1 minute')
$$;
COMMENT ON FUNCTION note_rate(decided_request[], int[]) IS
  'Internal: records devices that used almost every credential of an hour that their group allows, '
  'and asked for another one.';
