CREATE OR REPLACE VIEW recent_rejections AS
  SELECT a.received_at, a.device_id::text, a.group_name, a.code, a.reason,
    advice(a.code, a.reason) AS advice, a.tracking_id, a.decision
  FROM attempt a WHERE a.decision IN ('rejected', 'retry')
    AND a.received_at > now() - interval '7 days' ORDER BY a.received_at DESC;
COMMENT ON VIEW recent_rejections IS
  'Who was refused or put off in the last seven days, newest first: the true reason, which the '
  'device was not told, and what can be done.';
COMMENT ON COLUMN recent_rejections.advice IS 'What it means and what can be done.';
