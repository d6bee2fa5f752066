CREATE OR REPLACE VIEW rights AS
  SELECT d.device_id, d.group_name, s.source,
    array(SELECT replace(t, '${device_id}', d.device_id)
      FROM jsonb_array_elements_text(s.rights -> 'publish') t) AS publish,
    array(SELECT replace(t, '${device_id}', d.device_id)
      FROM jsonb_array_elements_text(s.rights -> 'subscribe') t) AS subscribe
  FROM (SELECT device_id::text, group_name::text FROM device
    UNION ALL SELECT e.device_id::text, e.group_name::text FROM enrollment e
      WHERE NOT EXISTS (SELECT FROM device v WHERE v.device_id = e.device_id)) d
  LEFT JOIN rights_set s ON s.group_name = coalesce(d.group_name, '');
COMMENT ON VIEW rights IS
  'The topics beyond the protocol''s own that each device may use, filled in for it, and whose '
  'rights they are.';
COMMENT ON COLUMN rights.device_id IS 'Its id.';
COMMENT ON COLUMN rights.group_name IS
  'The group that it registered in or that its enrolment names; empty: none.';
COMMENT ON COLUMN rights.source IS
  'Whose rights it has: fleet or group. Empty: it has none.';
COMMENT ON COLUMN rights.publish IS 'The topic filters that it may publish to.';
COMMENT ON COLUMN rights.subscribe IS 'The topic filters that it may subscribe to.';
