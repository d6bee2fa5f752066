CREATE OR REPLACE VIEW expiring_credentials AS
  SELECT c.device_id, c.generation, c.type, c.status,
    CASE c.status WHEN 'issued' THEN least(c.not_after, c.use_by) ELSE c.not_after END AS ends_at,
    c.status = 'issued' AND c.use_by < c.not_after AS unused,
    d.group_name::text, d.state, r.online, r.last_seen_at, c.not_after,
    c.status = 'active' AND c.not_after - now() < (c.not_after - c.not_before) / 3
      AS renewal_overdue
  FROM credential c JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id)
  WHERE c.erased_at IS NULL AND is_live(c, now())
    AND c.not_after BETWEEN now() AND now() + interval '30 days'
  ORDER BY c.not_after;
COMMENT ON VIEW expiring_credentials IS
  'Live credentials that end within 30 days, by the end of their validity. A device renews at two '
  'thirds of the life: what is here long does not come back by itself. unused: nobody connected '
  'with it, so it ends before its time.';
COMMENT ON COLUMN expiring_credentials.ends_at IS 'When it ends.';
COMMENT ON COLUMN expiring_credentials.unused IS
  'It ends before its time because nobody connected with it.';
COMMENT ON COLUMN expiring_credentials.status IS
  'issued: not seen in use yet; active: a device connected with it.';
COMMENT ON COLUMN expiring_credentials.renewal_overdue IS
  'It is in use, and less than a third of its life is left: the device should have renewed it.';
