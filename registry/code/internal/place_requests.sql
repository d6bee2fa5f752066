-- A device counts once, in the quota by which it registered; one that registers again by another
-- group moves. A use of a token counts for its group as well: the group's quota is the top of both.
CREATE OR REPLACE FUNCTION place_requests(b decided_request[]) RETURNS placed_request[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN array(
    WITH able AS (
      SELECT q, d.device_id IS NOT NULL AS known, q.i, q.quota, p.name AS top, o.top AS old_top,
        t.max - t.used AS room, p.max - p.used AS top_room,
        m.moves AND (m.moves_top OR q.quota <> p.name) AS moves,
        m.moves AND m.moves_top AS moves_top
      FROM unnest(b) q
        LEFT JOIN device d ON d.device_id = q.device_id
        -- LIMIT: as in load_requests
        LEFT JOIN LATERAL (SELECT * FROM quota v WHERE v.name = q.quota LIMIT 1) t ON true
        LEFT JOIN LATERAL (
          SELECT * FROM quota v WHERE v.name = coalesce(t.parent, t.name) LIMIT 1) p ON true
        LEFT JOIN LATERAL (
          SELECT coalesce(x.parent, x.name) AS top FROM quota x WHERE x.name = d.quota LIMIT 1) o
          ON true
        CROSS JOIN LATERAL (
          SELECT q.to_registered AND d.quota IS DISTINCT FROM q.quota AS moves,
                 o.top IS DISTINCT FROM p.name AS moves_top) m
      WHERE q.decision = 'accepted' AND is_still_able(q, d)),
    fitting AS (
      SELECT *, moves AND coalesce(
          row_number() OVER (PARTITION BY quota, moves ORDER BY i) > room, false) AS beyond_own
      FROM able)
    SELECT ROW(q, known, quota, top, old_top, moves, moves_top,
        beyond_own OR moves_top AND coalesce(
          row_number() OVER (PARTITION BY top, moves_top, beyond_own ORDER BY i) > top_room, false)
      )::placed_request
    FROM fitting);
END $$;
COMMENT ON FUNCTION place_requests(decided_request[]) IS
  'Internal: returns the accepted requests that can still be granted, and marks those that a '
  'quota has no room for.';
