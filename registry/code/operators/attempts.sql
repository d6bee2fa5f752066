CREATE OR REPLACE VIEW attempts AS
  SELECT a.tracking_id, a.device_id::text, a.received_at, a.decision, a.code,
    coalesce(r.text || coalesce(': ' || a.detail, ''), a.reason) AS reason,
    a.group_name, a.latency_us, r.id AS reason_id, a.generation
  FROM attempt a LEFT JOIN reason r ON r.id = a.reason;
COMMENT ON VIEW attempts IS
  'The ledger: every request, its answer, and the true reason of the answer.';
COMMENT ON COLUMN attempts.reason IS 'The true reason. The device is not told it.';
COMMENT ON COLUMN attempts.reason_id IS
  'The id of reason in the view reasons; empty: no reason, or a row of an older version.';
