-- What is decided again is written then. Of a flood only the number is kept.
CREATE OR REPLACE FUNCTION write_ledger(b decided_request[], won int[], over int[], stale int[])
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, detail,
                       group_name, latency_us)
    SELECT q.tracking_id, q.device_id, q.received_at,
           CASE WHEN o.over THEN 'rejected' ELSE q.decision END,
           CASE WHEN o.over THEN 'quota_exceeded' ELSE q.code END,
           CASE WHEN o.over THEN 'quota_used_up' ELSE q.reason END,
           CASE WHEN o.over THEN q.quota ELSE q.detail END,
           q.group_name,
           greatest(0, extract(epoch FROM clock_timestamp() - q.received_at) * 1e6)
    FROM unnest(b) q, LATERAL (SELECT q.i = ANY (over) AS over) o
    WHERE (q.decision <> 'accepted' OR q.i = ANY (won) OR o.over) AND NOT q.i = ANY (stale)
      AND q.counted IS NOT TRUE;
  INSERT INTO attempt_count AS a (minute, group_name, code, writer, n)
    SELECT date_trunc('minute', now()), coalesce(group_name, ''), code, pg_backend_pid(), count(*)
    FROM unnest(b) WHERE counted GROUP BY 2, 3
    ON CONFLICT (minute, group_name, code, writer) DO UPDATE SET n = a.n + EXCLUDED.n;
END $$;
COMMENT ON FUNCTION write_ledger(decided_request[], int[], int[], int[]) IS
  'Internal: a line of the ledger for each request, with the true reason.';
