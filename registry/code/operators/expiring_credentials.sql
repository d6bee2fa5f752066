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
  'Live credentials whose validity ends within 30 days, the first to end first. A device renews '
  'its credential after two thirds of its life; renewal_overdue marks those that did not.';
COMMENT ON COLUMN expiring_credentials.ends_at IS 'When it ends.';
COMMENT ON COLUMN expiring_credentials.unused IS
  'Its device has not confirmed that it holds it, so it ends at use_by, before its validity does.';
COMMENT ON COLUMN expiring_credentials.status IS
  'issued: its device has not confirmed yet that it holds it; active: it has.';
COMMENT ON COLUMN expiring_credentials.renewal_overdue IS
  'It is in use and less than a third of its life is left: the device should have renewed it.';
