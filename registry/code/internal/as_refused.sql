-- The service accepted them, or had them wait: for the ledger they are what became of them.
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
  'Internal: what was decided, with those as refused that a quota, the rate of their group or the '
  'waiting room has no place for.';
