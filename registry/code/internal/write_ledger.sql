-- A request that will be decided again is written then. In a flood, requests are only counted; one
-- that was given a credential always has its line.
CREATE OR REPLACE FUNCTION write_ledger(b decided_request[], won int[], stale int[]) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, detail,
                       group_name, latency_us, generation)
    SELECT q.tracking_id, q.device_id, q.received_at, q.decision, q.code, q.reason, q.detail,
      q.group_name, greatest(0, extract(epoch FROM clock_timestamp() - q.received_at) * 1e6),
      CASE q.decision WHEN 'accepted' THEN coalesce(q.expected, 0) + 1
        WHEN 'repeated' THEN q.repeated END
    FROM unnest(b) q
    WHERE CASE q.decision WHEN 'accepted' THEN q.i = ANY (won)
      ELSE q.counted IS NOT TRUE AND NOT q.i = ANY (stale) END
    -- A commit in doubt that had succeeded, and is run again.
    ON CONFLICT DO NOTHING;
  INSERT INTO attempt_count AS a (minute, group_name, code, writer, n)
    SELECT date_trunc('minute', now()), coalesce(group_name, ''), coalesce(code, decision),
      pg_backend_pid(), count(*)
    FROM unnest(b) WHERE counted AND decision <> 'accepted' AND NOT i = ANY (stale) GROUP BY 2, 3
    ON CONFLICT (minute, group_name, code, writer) DO UPDATE SET n = a.n + EXCLUDED.n;
END $$;
COMMENT ON FUNCTION write_ledger(decided_request[], int[], int[]) IS
  'Internal: writes a line of the ledger for each request, with the true reason.';
