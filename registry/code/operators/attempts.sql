CREATE OR REPLACE VIEW attempts AS
  SELECT tracking_id, device_id::text, received_at, decision, code, reason, group_name, latency_us
    FROM attempt;
COMMENT ON VIEW attempts IS 'The ledger: every request, what was answered, and the true reason.';
