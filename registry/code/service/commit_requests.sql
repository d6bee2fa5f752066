-- One batch is one statement and one transaction; among its accepted and waiting requests a device
-- is at most once. `expected` is the generation that the load saw; NULL: it saw no row. The
-- settings hold for the functions that are called here as well.
CREATE OR REPLACE FUNCTION commit_requests(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b decided_request[] := array(
    SELECT r FROM jsonb_populate_recordset(NULL::decided_request, p) r
    ORDER BY r.device_id COLLATE "C");
  busy int[];   -- another session keeps their rows locked
  placed placed_request[];
  won int[];      -- registered or rotated
  over int[];     -- beyond a quota
  often int[];    -- beyond the rate of its group
  crowded int[];  -- no room to wait for approval
  stale int[];    -- must be decided again
BEGIN
  busy := lock_requests(b);
  IF busy <> '{}' THEN b := array(SELECT q FROM unnest(b) q WHERE NOT q.i = ANY (busy)); END IF;
  often := beyond_rate(b);
  IF often <> '{}' THEN PERFORM note_rate(b, often); END IF;
  placed := place_requests(CASE often WHEN '{}' THEN b
    ELSE array(SELECT q FROM unnest(b) q WHERE NOT q.i = ANY (often)) END);
  won := register_devices(placed);
  over := array(SELECT (s.request).i FROM unnest(placed) s WHERE s.beyond);
  PERFORM count_places(placed, won);
  crowded := beyond_waiting_room(b);
  stale := commit_waiting(b, crowded) || stale_repeats(b);
  PERFORM issue_credentials(b, won);
  PERFORM note_sizes(b, stale);
  PERFORM note_cloned_keys(b, won);
  IF over || often || crowded <> '{}' THEN b := as_refused(b, over, often, crowded); END IF;
  PERFORM write_ledger(b, won, stale);
  RETURN QUERY SELECT q.i, CASE
      WHEN q.i = ANY (over) THEN 'quota_exceeded'
      WHEN q.i = ANY (often) THEN 'rate_limited'
      WHEN q.i = ANY (crowded) THEN 'too_many_wait'
      WHEN q.i = ANY (won) THEN 'won'
      WHEN q.decision = 'accepted' OR q.i = ANY (stale) THEN 'again'
      ELSE 'noted' END
    FROM unnest(b) q
    UNION ALL SELECT n, 'busy' FROM unnest(busy) n;
END $$;
COMMENT ON FUNCTION commit_requests(jsonb) IS
  'Service: registers the granted devices and writes the ledger. Returns a row for each request: '
  'won, noted, again (load and decide again), busy (only with skip_locked), or why it was '
  'refused: quota_exceeded, rate_limited (too many new credentials) or too_many_wait.';
