-- Call it last: everybody locks these rows after all others, by id.
CREATE OR REPLACE FUNCTION note_access(ids text[], takes_away boolean) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO access_entry AS a (device_id, version, untold, cut_at)
    SELECT q.id, nextval('access_version'), CASE WHEN takes_away THEN 2 ELSE 1 END,
      CASE WHEN takes_away THEN now() END
    FROM (SELECT DISTINCT n.id COLLATE "C" AS id FROM unnest(ids) n(id) ORDER BY 1) q
  -- Computed after the row is locked.
  ON CONFLICT (device_id) DO UPDATE SET version = nextval('access_version'),
    untold = greatest(a.untold, EXCLUDED.untold), cut_at = coalesce(EXCLUDED.cut_at, a.cut_at),
    ended_at = CASE WHEN EXCLUDED.cut_at IS NULL THEN a.ended_at END;
END $$;
COMMENT ON FUNCTION note_access(text[], boolean) IS
  'Internal: gives the access of these devices a new version, which the gate must be told. '
  'takes_away: it is told these before others, and their sessions are to end.';
