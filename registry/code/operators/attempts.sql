CREATE OR REPLACE VIEW attempts AS
  SELECT a.tracking_id, a.device_id::text, a.received_at, a.decision, a.code,
    coalesce(r.text || coalesce(': ' || a.detail, ''), a.reason) AS reason,
    a.group_name, a.latency_us, r.id AS reason_id
  FROM attempt a LEFT JOIN reason r ON r.id = a.reason;
COMMENT ON VIEW attempts IS 'The ledger: every request, what was answered, and the true reason.';
COMMENT ON COLUMN attempts.reason IS 'The true reason, which the device was not told.';
COMMENT ON COLUMN attempts.reason_id IS
  'Its id in reasons; empty: there is none, or an older version wrote it.';
