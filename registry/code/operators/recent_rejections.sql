-- A group's name is filled in only where it is one: a device may name anything.
CREATE OR REPLACE VIEW recent_rejections AS
  SELECT a.received_at, a.device_id, a.group_name, a.code, a.reason,
    replace(replace(r.advice, '{id}', a.device_id), '{group}', CASE
      WHEN a.group_name ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN a.group_name
      ELSE 'GROUP' END) COLLATE "default" AS advice,
    a.tracking_id, a.decision, a.reason_id
  FROM attempts a LEFT JOIN reason r ON r.id = a.reason_id
  WHERE a.decision IN ('rejected', 'retry') AND a.received_at > now() - interval '7 days'
  ORDER BY a.received_at DESC;
COMMENT ON VIEW recent_rejections IS
  'Who was refused or put off in the last seven days, newest first: the true reason, which the '
  'device was not told, and what can be done.';
COMMENT ON COLUMN recent_rejections.reason IS
  'The true reason, which the device was not told.';
COMMENT ON COLUMN recent_rejections.advice IS 'What can be done; empty where reason_id is.';
COMMENT ON COLUMN recent_rejections.reason_id IS
  'Its id in reasons; empty: an older version wrote it.';
