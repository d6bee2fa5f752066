-- A use of a token is spent; a place in a group is given back.
CREATE OR REPLACE FUNCTION count_places(placed placed_request[], won int[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(placed) s WHERE s.moves) THEN RETURN; END IF;
  UPDATE quota t SET used = t.used + c.n
  FROM (
    SELECT x.name, sum(x.n) AS n FROM unnest(placed) s, LATERAL (VALUES
      (s.quota, 1, s.moves),
      (s.top, 1, s.moves_top AND s.top <> s.quota),
      (s.old_top, -1, s.moves_top AND s.old_top NOT LIKE 'token:%')) AS x(name, n, counts)
    WHERE x.counts AND (s.request).i = ANY (won) GROUP BY 1) c
  WHERE c.name = t.name;
END $$;
COMMENT ON FUNCTION count_places(placed_request[], int[]) IS
  'Internal: counts registered devices in their new quotas and no longer in their old ones.';
