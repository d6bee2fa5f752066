-- One batch, one statement, one transaction; a device at most once among what is accepted or waits.
-- `expected` is the generation that the load saw, NULL: no row. The settings hold for the functions
-- that it calls as well.
CREATE OR REPLACE FUNCTION commit_requests(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b decided_request[] := array(
    SELECT r FROM jsonb_populate_recordset(NULL::decided_request, p) r
    ORDER BY r.device_id COLLATE "C");
  placed placed_request[];
  won int[];    -- registered or rotated
  over int[];   -- beyond a quota
  stale int[];  -- to be decided again
BEGIN
  PERFORM lock_for_commit(b);
  placed := place_requests(b);
  won := register_devices(placed);
  over := array(SELECT (s.request).i FROM unnest(placed) s WHERE s.beyond);
  PERFORM count_places(placed, won);
  stale := commit_waiting(b) || stale_repeats(b);
  PERFORM issue_credentials(b, won);
  PERFORM note_cloned_keys(b, won);
  PERFORM write_ledger(b, won, over, stale);
  RETURN QUERY SELECT q.i, CASE
      WHEN q.i = ANY (over) THEN 'quota_exceeded'
      WHEN q.i = ANY (won) THEN 'won'
      WHEN q.decision = 'accepted' OR q.i = ANY (stale) THEN 'again'
      ELSE 'noted' END
    FROM unnest(b) q;
END $$;
COMMENT ON FUNCTION commit_requests(jsonb) IS
  'Service: registers what was granted and writes the ledger. won, noted, again (load and decide '
  'again) or quota_exceeded, a row each.';
