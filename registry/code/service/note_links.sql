-- A lost link may have been dead for up to its keepalive before that was noticed: half a minute is
-- more.
CREATE OR REPLACE FUNCTION note_links(p jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE b link_life[] := array(SELECT r FROM jsonb_populate_recordset(NULL::link_life, p) r);
BEGIN
  INSERT INTO broker_link AS l (link, ready_at, until, service_version)
    SELECT q.link, clock_timestamp() - make_interval(secs => q.ready_ms / 1000.0),
      clock_timestamp(), q.service_version
    FROM unnest(b) q WHERE NOT q.lost
    ON CONFLICT (link) DO UPDATE SET until = EXCLUDED.until;
  UPDATE broker_link l
    SET until = greatest(l.ready_at, least(l.until, clock_timestamp() - interval '30 seconds'))
    FROM unnest(b) q WHERE q.lost AND l.link = q.link;
  -- A row that covers the start of another one is kept as long as that one.
  DELETE FROM broker_link l WHERE l.until < now() - interval '7 days'
    AND NOT EXISTS (
      SELECT FROM broker_link n WHERE n.ready_at > l.ready_at AND n.ready_at <= l.until)
    AND l.ready_at < presence_known_since();
END $$;
COMMENT ON FUNCTION note_links(jsonb) IS
  'Service: notes that this replica listens at the broker, or has lost its connection.';
