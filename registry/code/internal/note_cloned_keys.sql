-- An honest device keeps its key or makes a new one; it never goes back to an earlier key, and it
-- never has the key of another device. Two transactions that commit one key within the same
-- milliseconds do not see each other; the next credentials show it. Looking again after the commit
-- took 27 us a device, a third of what marking an answer as sent costs. The cost of a new
-- credential grows neither with the number of devices that share its key nor with the number of
-- credentials of its device: one other device is named, a hundred credentials are read.
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
        AND c.generation >= q.expected - 100
        AND c.key_fingerprint = q.key_fingerprint) o ON o.generation IS NOT NULL
    WHERE q.i = ANY (won) AND q.expected > 1;
  -- The other device gets its sign only once: if a fleet shares a key, everybody would write, and
  -- wait for, the same row.
  WITH shared AS MATERIALIZED (
    SELECT q.device_id COLLATE "C" AS device_id, o.device_id AS other,
      encode(q.key_fingerprint, 'hex') AS key
    FROM unnest(b) q CROSS JOIN LATERAL (
      SELECT s.device_id FROM (SELECT c.device_id FROM credential c
        WHERE c.key_fingerprint = q.key_fingerprint LIMIT 100) s
      WHERE s.device_id <> q.device_id LIMIT 1) o
    WHERE q.i = ANY (won))
  INSERT INTO clone_sign AS s (device_id, sign, evidence)
    SELECT DISTINCT ON (x.device_id) x.device_id, 'key_at_two_devices',
      jsonb_build_object('key', x.key, 'other_device', x.other)
    FROM (
      SELECT device_id, other, key, true AS own FROM shared
      UNION ALL
      SELECT n.other, n.device_id, n.key, false FROM shared n WHERE NOT EXISTS (
        SELECT FROM clone_sign k WHERE k.device_id = n.other AND k.sign = 'key_at_two_devices')) x
    ORDER BY x.device_id, x.own DESC
    ON CONFLICT (device_id, sign) DO UPDATE SET last_seen = now(), times = s.times + 1,
      evidence = EXCLUDED.evidence;
END $$;
COMMENT ON FUNCTION note_cloned_keys(decided_request[], int[]) IS
  'Internal: records new credentials whose key is another device''s or an earlier one of the same '
  'device.';
