-- As many newcomers may wait as the quotas have room for, and at most a thousand. A device that
-- waits already keeps its place. Batches that run at the same time do not see each other's
-- newcomers: each may fill what is left.
CREATE OR REPLACE FUNCTION beyond_waiting_room(b decided_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(b)
    WHERE decision = 'pending' AND coalesce(expected, 0) = 0) THEN RETURN '{}'; END IF;
  RETURN array(
    WITH fresh AS (
      SELECT q.i, q.group_name, least(t.max - t.used, p.max - p.used, 1000) AS room,
        row_number() OVER (PARTITION BY q.group_name ORDER BY q.i) AS place
      FROM unnest(b) q
        LEFT JOIN enrollment_group g ON g.name = q.group_name
        LEFT JOIN device d ON d.device_id = q.device_id
        LEFT JOIN quota t ON t.name = coalesce(q.quota, g.quota)
        LEFT JOIN quota p ON p.name = t.parent
      WHERE q.decision = 'pending' AND coalesce(q.expected, 0) = 0 AND d.waiting_digest IS NULL),
    waiting AS MATERIALIZED (
      SELECT f.group_name, (SELECT count(*) FROM (
        SELECT FROM device w WHERE w.group_name = f.group_name AND w.waiting_digest IS NOT NULL
          AND w.generation = 0 LIMIT 1000) w) AS n
      FROM fresh f GROUP BY 1)
    SELECT f.i FROM fresh f JOIN waiting w ON w.group_name = f.group_name
    WHERE f.place + w.n > f.room);
END $$;
COMMENT ON FUNCTION beyond_waiting_room(decided_request[]) IS
  'Internal: returns the newcomers that there is no room for to wait for approval.';
