-- The group in the advice is what the device sent: it is filled in only if it can be a group's
-- name.
CREATE OR REPLACE VIEW recent_rejections AS
  SELECT a.received_at, a.device_id, a.group_name, a.code, a.reason,
    replace(replace(r.advice, '{id}', a.device_id), '{group}', CASE
      WHEN octet_length(a.group_name) <= 64 AND a.group_name ~ '^[A-Za-z0-9][A-Za-z0-9._:-]*$'
        THEN a.group_name
      ELSE 'GROUP' END) COLLATE "default" AS advice,
    a.tracking_id, a.decision, a.reason_id
  FROM attempts a LEFT JOIN reason r ON r.id = a.reason_id
  WHERE a.decision IN ('rejected', 'retry') AND a.received_at > now() - interval '7 days'
  ORDER BY a.received_at DESC;
COMMENT ON VIEW recent_rejections IS
  'Requests that were refused or put off in the last seven days, newest first, with the true '
  'reason and what an operator can do.';
COMMENT ON COLUMN recent_rejections.reason IS 'The true reason. The device is not told it.';
COMMENT ON COLUMN recent_rejections.advice IS 'What an operator can do; empty if reason_id is.';
COMMENT ON COLUMN recent_rejections.reason_id IS
  'The id of reason in the view reasons; empty: a row of an older version.';
