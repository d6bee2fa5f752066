-- The service accepted these requests, or let them wait. The ledger gets what became of them here.
CREATE OR REPLACE FUNCTION as_refused(b decided_request[], over int[], often int[], crowded int[])
RETURNS decided_request[] LANGUAGE plpgsql AS $$
BEGIN
  RETURN array(SELECT CASE
      WHEN q.i = ANY (over) THEN jsonb_populate_record(q, jsonb_build_object(
        'decision', 'rejected', 'code', 'quota_exceeded', 'reason', 'quota_used_up',
        'detail', q.quota))
      WHEN q.i = ANY (often) THEN jsonb_populate_record(q,
        '{"decision": "retry", "code": "rate_limited", "reason": "too_many_credentials"}')
      WHEN q.i = ANY (crowded) THEN jsonb_populate_record(q,
        '{"decision": "rejected", "code": "quota_exceeded", "reason": "too_many_wait"}')
      ELSE q END
    FROM unnest(b) q);
END $$;
COMMENT ON FUNCTION as_refused(decided_request[], int[], int[], int[]) IS
  'Internal: returns the decided requests; those that a quota, the rate of their group or the '
  'waiting room has no room for are marked as refused.';
