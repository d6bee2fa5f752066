-- Honest devices keep a key or make a new one; none goes back to the one before, and none has
-- another's. Two transactions that commit one key within the same milliseconds do not see each
-- other: their next credentials show it. Looking once more after the commit took 27 us a device, a
-- third of what it costs to mark an answer as sent.
CREATE OR REPLACE FUNCTION note_cloned_keys(b decided_request[], won int[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_clone(q.device_id, 'key_came_back',
    jsonb_build_object('key', encode(q.key_fingerprint, 'hex'),
      'generations', jsonb_build_array(o.generation, p.generation, coalesce(q.expected, 0) + 1)))
    FROM unnest(b) q
    JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c
      WHERE c.device_id = q.device_id AND c.generation <= q.expected) before ON true
    JOIN credential p ON p.device_id = q.device_id AND p.generation = before.generation
      AND p.key_fingerprint <> q.key_fingerprint
    JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c
      WHERE c.device_id = q.device_id AND c.generation < q.expected
        AND c.key_fingerprint = q.key_fingerprint) o ON o.generation IS NOT NULL
    WHERE q.i = ANY (won) AND q.expected > 1;
  PERFORM note_clone(x.device_id, 'key_at_two_devices',
    jsonb_build_object('key', encode(x.key, 'hex'), 'other_device', x.other))
    FROM (SELECT DISTINCT v.device_id, v.other, q.key_fingerprint AS key
          FROM unnest(b) q JOIN credential c ON c.key_fingerprint = q.key_fingerprint
            AND c.device_id <> q.device_id
          CROSS JOIN LATERAL (VALUES (q.device_id, c.device_id),
            (c.device_id, q.device_id)) AS v(device_id, other) WHERE q.i = ANY (won)
          ORDER BY 1, 2 LIMIT 1000) x;
END $$;
COMMENT ON FUNCTION note_cloned_keys(decided_request[], int[]) IS
  'Internal: keys of new credentials that were seen elsewhere, or before the one before.';
